// The checks and timings of each operator.
#pragma once

#include "kernels/report.h"

namespace edgefleet::bench {

struct Machine {
  /// Bytes read plus bytes written a second by a large device-to-device copy.
  double copy_bytes_per_second = 0.0;
  /// Working sets that are rotated exceed this.
  size_t cache_bytes = 0;
  /// Only the small cases, for a memory checker.
  bool small_only = false;
};

void CheckCausalConv(Report& report, const Machine& machine);
void CheckSelectiveScan(Report& report, const Machine& machine);
void CheckStateSpaceDual(Report& report, const Machine& machine);
void CheckConvStateSpaceDual(Report& report, const Machine& machine);
void CheckPointwise(Report& report, const Machine& machine);
void CheckLinear(Report& report, const Machine& machine);
void CheckQuantizedProduct(Report& report, const Machine& machine);
void CheckAttention(Report& report, const Machine& machine);
void CheckArgMax(Report& report, const Machine& machine);

void TimeCausalConv(Report& report, const Machine& machine);
void TimeSelectiveScan(Report& report, const Machine& machine);
void TimeStateSpaceDual(Report& report, const Machine& machine);
void TimeConvStateSpaceDual(Report& report, const Machine& machine);
void TimePointwise(Report& report, const Machine& machine);
void TimeLinear(Report& report, const Machine& machine);
void TimeQuantizedProduct(Report& report, const Machine& machine);
void TimeAttention(Report& report, const Machine& machine);
void TimeArgMax(Report& report, const Machine& machine);

}  // namespace edgefleet::bench
