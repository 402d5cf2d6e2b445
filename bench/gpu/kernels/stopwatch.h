// Device time of a launch.
#pragma once

#include <cuda_runtime.h>

#include <functional>

namespace edgefleet::bench {

struct Timing {
  /// Median of a launch in microseconds, and the spread of the middle half of the samples relative to it.
  double median_us = 0.0;
  double spread = 0.0;
  /// False when the launches could not be captured into a graph.
  bool captured = false;
};

/// Times `launch(i, stream)`, which works on buffer set i % sets. Several launches are captured into a graph and replayed, so
/// that the host's launch rate does not limit short kernels; that they can be captured also shows that they neither
/// synchronise nor allocate.
Timing Time(const std::function<cudaError_t(int, cudaStream_t)>& launch);

}  // namespace edgefleet::bench
