// IEEE binary16 as storage.
#pragma once

#include <cstdint>

namespace edgefleet {

struct Half {
  uint16_t bits;
};

}  // namespace edgefleet
