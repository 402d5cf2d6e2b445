// Reporting of one timed case: time, bytes a second, share of the copy bandwidth, operations a second.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "kernels/report.h"
#include "kernels/stopwatch.h"
#include "kernels/suite.h"

namespace edgefleet::bench {

/// Buffer sets so that one pass over them does not fit into the cache.
inline int BufferSets(const Machine& machine, double bytes) {
  constexpr double kMostSets = 16.0;
  return static_cast<int>(std::clamp(3.0 * static_cast<double>(machine.cache_bytes) / bytes + 1.0, 1.0, kMostSets));
}

/// `bytes` and `operations` are the least that the case needs; 0 operations are not reported.
inline double ReportTime(Report& report, const Machine& machine, const std::string& op, const std::string& dims, long long length,
                         double bytes, double operations, const std::function<cudaError_t(int, cudaStream_t)>& launch) {
  const Timing timing = Time(launch);
  const double rate = bytes / (timing.median_us * 1e-6);
  report.Add(op, dims, length, "median_time", timing.median_us, "us");
  report.Add(op, dims, length, "spread", timing.spread, "1");
  report.Add(op, dims, length, "bandwidth", rate * 1e-9, "GB/s");
  report.Add(op, dims, length, "copy_bandwidth_share", rate / machine.copy_bytes_per_second, "1");
  if (operations > 0.0) report.Add(op, dims, length, "rate", operations / timing.median_us * 1e-6, "TFLOP/s");
  std::printf("%-16s %-46s T %-7lld %10.2f us  +-%4.1f%%  %7.1f GB/s %5.1f%%", op.c_str(), dims.c_str(), length, timing.median_us,
              timing.spread * 100.0, rate * 1e-9, 100.0 * rate / machine.copy_bytes_per_second);
  if (operations > 0.0) std::printf("  %7.2f TFLOP/s", operations / timing.median_us * 1e-6);
  std::printf("%s\n", timing.captured ? "" : "  (not captured)");
  std::fflush(stdout);
  return timing.median_us;
}

}  // namespace edgefleet::bench
