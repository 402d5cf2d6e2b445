// An input as a kernel sees it.
#pragma once

#include <cstddef>

#include "registration/shape.h"

namespace edgefleet {

struct Tensor {
  size_t index = 0;
  const void* data = nullptr;
  Shape shape;

  /// False for an optional input that the node leaves out.
  bool present() const { return data != nullptr; }

  template <typename T>
  const T* As() const {
    return static_cast<const T*>(data);
  }
};

}  // namespace edgefleet
