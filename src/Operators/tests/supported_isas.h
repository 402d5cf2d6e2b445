// The instruction sets that this machine can test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simd/isa.h"

namespace edgefleet {

inline std::vector<Isa> SupportedIsas() {
  std::vector<Isa> supported;
  for (const Isa isa : kAllIsas) {
    if (IsSupported(isa)) supported.push_back(isa);
  }
  return supported;
}

inline std::string IsaTestName(const testing::TestParamInfo<Isa>& info) { return Name(info.param); }

class OnEachIsa : public testing::TestWithParam<Isa> {};

}  // namespace edgefleet

#define EDGEFLEET_ON_EACH_ISA(suite) \
  INSTANTIATE_TEST_SUITE_P(Isa, suite, testing::ValuesIn(edgefleet::SupportedIsas()), edgefleet::IsaTestName)
