// What a run of the program found: a short table on the terminal, JSON Lines in a file.
#pragma once

#include <cstdio>
#include <string>

namespace edgefleet::bench {

class Report {
 public:
  /// Empty `path`: no file.
  Report(const std::string& path, std::string gpu, std::string commit);
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  /// One figure.
  void Add(const std::string& op, const std::string& dims, long long length, const std::string& metric, double value,
           const std::string& unit);

  /// Notes a comparison and prints it when it failed.
  void Check(const std::string& op, const std::string& dims, long long length, double error, double tolerance);

  int checks() const { return checks_; }
  int failures() const { return failures_; }

 private:
  std::FILE* file_ = nullptr;
  std::string gpu_;
  std::string commit_;
  int checks_ = 0;
  int failures_ = 0;
};

}  // namespace edgefleet::bench
