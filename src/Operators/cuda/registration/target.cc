#include "registration/target.h"

#include <cuda_runtime.h>

#include <string>

namespace edgefleet {

const char* Target() {
  static const std::string target = "cuda " + std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
  return target.c_str();
}

}  // namespace edgefleet
