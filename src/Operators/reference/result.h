// What a reference computes: outputs and final state (or window), laid out as the operator's.
#pragma once

#include <vector>

namespace edgefleet::reference {

struct Result {
  std::vector<double> y;
  std::vector<double> state;
};

}  // namespace edgefleet::reference
