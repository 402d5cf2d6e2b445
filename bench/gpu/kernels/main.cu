// Checks the CUDA operators against double precision and times them.
//   edgefleet_gpu_kernels [--check] [--time] [--small] [--only conv|scan|dual|convdual|pointwise|linear|quantized|attention|argmax] [--report FILE] [--commit ID]
// Without --check and --time it does both. --small keeps to the small checks, for compute-sanitizer.
// Exit status: 0 when each check passed, 1 when one failed, 2 on an error of the CUDA runtime or of the arguments.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/device_array.h"
#include "kernels/report.h"
#include "kernels/stopwatch.h"
#include "kernels/suite.h"

namespace edgefleet::bench {
namespace {

double MeasureCopyBandwidth(size_t cache_bytes) {
  const size_t bytes = std::max<size_t>(cache_bytes * 20, 1 << 20);
  DeviceArray<unsigned char> from(bytes);
  DeviceArray<unsigned char> to(bytes);
  EDGEFLEET_CUDA(cudaMemset(from.data(), 0x5a, bytes));
  const Timing timing =
      Time([&](int, cudaStream_t stream) { return cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, stream); });
  return 2.0 * static_cast<double>(bytes) / (timing.median_us * 1e-6);
}

int Run(int argc, char** argv) {
  bool check = false;
  bool time = false;
  Machine machine;
  std::string only;
  std::string path;
  std::string commit = "unknown";
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool more = i + 1 < argc;
    if (argument == "--check") {
      check = true;
    } else if (argument == "--time") {
      time = true;
    } else if (argument == "--small") {
      machine.small_only = true;
    } else if (argument == "--only" && more) {
      only = argv[++i];
    } else if (argument == "--report" && more) {
      path = argv[++i];
    } else if (argument == "--commit" && more) {
      commit = argv[++i];
    } else {
      std::fprintf(stderr, "unknown argument '%s'; the arguments are described at the top of bench/gpu/kernels/main.cu\n", argv[i]);
      return 2;
    }
  }
  if (!check && !time) check = time = true;

  cudaDeviceProp properties{};
  EDGEFLEET_CUDA(cudaGetDeviceProperties(&properties, 0));
  machine.cache_bytes = static_cast<size_t>(properties.l2CacheSize);
  Report report(path, properties.name, commit);
  std::printf("%s, %d multiprocessors, compute capability %d.%d, %.0f MB of L2\n", properties.name, properties.multiProcessorCount,
              properties.major, properties.minor, static_cast<double>(properties.l2CacheSize) / 1e6);
  if (time) {
    machine.copy_bytes_per_second = MeasureCopyBandwidth(machine.cache_bytes);
    std::printf("copy bandwidth %.0f GB/s\n", machine.copy_bytes_per_second * 1e-9);
    report.Add("copy", "device to device", 0, "bandwidth", machine.copy_bytes_per_second * 1e-9, "GB/s");
  }
  struct Suite {
    const char* name;
    void (*check)(Report&, const Machine&);
    void (*time)(Report&, const Machine&);
  };
  const Suite suites[] = {{"conv", CheckCausalConv, TimeCausalConv},
                          {"scan", CheckSelectiveScan, TimeSelectiveScan},
                          {"dual", CheckStateSpaceDual, TimeStateSpaceDual},
                          {"convdual", CheckConvStateSpaceDual, TimeConvStateSpaceDual},
                          {"pointwise", CheckPointwise, TimePointwise},
                          {"linear", CheckLinear, TimeLinear},
                          {"quantized", CheckQuantizedProduct, TimeQuantizedProduct},
                          {"attention", CheckAttention, TimeAttention},
                          {"argmax", CheckArgMax, TimeArgMax}};
  for (const auto& suite : suites) {
    if (!only.empty() && only != suite.name) continue;
    const int before = report.failures();
    const int checks_before = report.checks();
    if (check) {
      suite.check(report, machine);
      std::printf("%s: %d checks, %d failed\n", suite.name, report.checks() - checks_before, report.failures() - before);
      std::fflush(stdout);
    }
    if (time) suite.time(report, machine);
  }
  if (check) std::printf("%d passed, %d failed\n", report.checks() - report.failures(), report.failures());
  return report.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace edgefleet::bench

int main(int argc, char** argv) { return edgefleet::bench::Run(argc, argv); }
