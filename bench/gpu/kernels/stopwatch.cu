#include "kernels/stopwatch.h"

#include <algorithm>
#include <vector>

#include "kernels/device_array.h"

namespace edgefleet::bench {
namespace {
constexpr int kSamples = 15;
constexpr double kSampleUs = 4000.0;
constexpr int kMostLaunches = 64;

double Elapsed(cudaEvent_t start, cudaEvent_t stop) {
  float milliseconds = 0.0f;
  EDGEFLEET_CUDA(cudaEventSynchronize(stop));
  EDGEFLEET_CUDA(cudaEventElapsedTime(&milliseconds, start, stop));
  return milliseconds * 1000.0;
}
}  // namespace

Timing Time(const std::function<cudaError_t(int, cudaStream_t)>& launch) {
  cudaStream_t stream;
  cudaEvent_t start;
  cudaEvent_t stop;
  EDGEFLEET_CUDA(cudaStreamCreate(&stream));
  EDGEFLEET_CUDA(cudaEventCreate(&start));
  EDGEFLEET_CUDA(cudaEventCreate(&stop));
  // Two launches warm up (module load, shared memory limit); the third says how many fit a sample.
  for (int i = 0; i < 2; ++i) EDGEFLEET_CUDA(launch(i, stream));
  EDGEFLEET_CUDA(cudaEventRecord(start, stream));
  EDGEFLEET_CUDA(launch(2, stream));
  EDGEFLEET_CUDA(cudaEventRecord(stop, stream));
  const double one = std::max(Elapsed(start, stop), 1.0);
  const int launches = std::clamp(static_cast<int>(kSampleUs / one), 1, kMostLaunches);

  Timing timing;
  cudaGraph_t graph{};
  cudaGraphExec_t executable{};
  if (cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess) {
    for (int i = 0; i < launches; ++i) EDGEFLEET_CUDA(launch(i, stream));
    EDGEFLEET_CUDA(cudaStreamEndCapture(stream, &graph));
    EDGEFLEET_CUDA(cudaGraphInstantiate(&executable, graph, 0));
    timing.captured = true;
  }
  std::vector<double> samples;
  for (int sample = -1; sample < kSamples; ++sample) {
    EDGEFLEET_CUDA(cudaEventRecord(start, stream));
    if (timing.captured) {
      EDGEFLEET_CUDA(cudaGraphLaunch(executable, stream));
    } else {
      for (int i = 0; i < launches; ++i) EDGEFLEET_CUDA(launch(i, stream));
    }
    EDGEFLEET_CUDA(cudaEventRecord(stop, stream));
    const double elapsed = Elapsed(start, stop) / launches;
    if (sample >= 0) samples.push_back(elapsed);
  }
  std::sort(samples.begin(), samples.end());
  timing.median_us = samples[kSamples / 2];
  timing.spread = (samples[kSamples * 3 / 4] - samples[kSamples / 4]) / timing.median_us;
  if (timing.captured) {
    EDGEFLEET_CUDA(cudaGraphExecDestroy(executable));
    EDGEFLEET_CUDA(cudaGraphDestroy(graph));
  }
  EDGEFLEET_CUDA(cudaEventDestroy(start));
  EDGEFLEET_CUDA(cudaEventDestroy(stop));
  EDGEFLEET_CUDA(cudaStreamDestroy(stream));
  return timing;
}

}  // namespace edgefleet::bench
