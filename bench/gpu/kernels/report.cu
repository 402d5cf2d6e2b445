#include "kernels/report.h"

#include <cmath>
#include <cstdlib>
#include <utility>

namespace edgefleet::bench {

Report::Report(const std::string& path, std::string gpu, std::string commit) : gpu_(std::move(gpu)), commit_(std::move(commit)) {
  if (path.empty()) return;
  file_ = std::fopen(path.c_str(), "w");
  if (file_ == nullptr) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
    std::exit(2);
  }
}

Report::~Report() {
  if (file_ != nullptr) std::fclose(file_);
}

void Report::Add(const std::string& op, const std::string& dims, long long length, const std::string& metric, double value,
                 const std::string& unit) {
  if (file_ == nullptr || !std::isfinite(value)) return;
  std::fprintf(file_,
               "{\"kind\":\"kernel\",\"op\":\"%s\",\"dims\":\"%s\",\"length\":%lld,\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
               "\"gpu\":\"%s\",\"commit\":\"%s\"}\n",
               op.c_str(), dims.c_str(), length, metric.c_str(), value, unit.c_str(), gpu_.c_str(), commit_.c_str());
  std::fflush(file_);
}

void Report::Check(const std::string& op, const std::string& dims, long long length, double error, double tolerance) {
  ++checks_;
  Add(op, dims, length, "max_error_over_rms", error, "1");
  // Written so that NaN fails.
  const bool passed = error <= tolerance;
  if (!passed) ++failures_;
  if (!passed || std::getenv("EDGEFLEET_BENCH_VERBOSE") != nullptr) {
    std::printf("%s %-16s %-44s T %-7lld error %.2e (limit %.0e)\n", passed ? "ok    " : "FAILED", op.c_str(), dims.c_str(), length, error,
                tolerance);
  }
}

}  // namespace edgefleet::bench
