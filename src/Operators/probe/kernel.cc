#include "probe/kernel.h"

#include "dense/float_stream.h"
#include "dense/vector.h"

namespace edgefleet::EDGEFLEET_ISA {

using S = DenseVector;

float ProbeRead(const float* data, size_t bytes) {
  constexpr size_t kStep = 64;  // floats: four cache lines
  constexpr size_t kVectors = kStep / S::kLanes;
  S::Vector sum[kVectors];
  for (size_t v = 0; v < kVectors; v++) sum[v] = S::Zero();
  for (size_t i = 0; i < bytes / sizeof(float); i += kStep) {
#pragma GCC unroll 4
    for (size_t line = 0; line < 4; line++) FetchFloatStream(data + i + 16 * line);
#pragma GCC unroll 16
    for (size_t v = 0; v < kVectors; v++) sum[v] = S::Add(sum[v], S::Load(data + i + v * S::kLanes));
  }
  for (size_t v = 1; v < kVectors; v++) sum[0] = S::Add(sum[0], sum[v]);
  return S::Sum(sum[0]);
}

double ProbeMultiplyAdd(size_t iterations, float* sink) {
  // More chains than latency times throughput asks for (4 to 5 cycles, 2 a cycle), few enough for 16 registers.
  constexpr size_t kChains = 12;
  S::Vector sum[kChains];
#pragma GCC unroll 12
  for (size_t c = 0; c < kChains; c++) sum[c] = S::Set(*sink + static_cast<float>(c));
  // They converge to 1, far from denormals and infinity.
  const S::Vector factor = S::Set(0.75f);
  const S::Vector addend = S::Set(0.25f);
  for (size_t i = 0; i < iterations; i++) {
#pragma GCC unroll 12
    for (size_t c = 0; c < kChains; c++) sum[c] = S::MultiplyAdd(sum[c], factor, addend);
  }
  for (size_t c = 1; c < kChains; c++) sum[0] = S::Add(sum[0], sum[c]);
  *sink += S::Sum(sum[0]);
  return 2.0 * static_cast<double>(kChains * S::kLanes) * static_cast<double>(iterations);
}

}  // namespace edgefleet::EDGEFLEET_ISA
