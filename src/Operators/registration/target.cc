#include "registration/target.h"

#include "simd/isa.h"

namespace edgefleet {

const char* Target() { return Name(CurrentIsa()); }

}  // namespace edgefleet
