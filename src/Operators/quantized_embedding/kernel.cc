#include "quantized_embedding/kernel.h"

#include "dense/float16.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

// A row is a few kilobytes: about a microsecond for eight of them.
constexpr int64_t kTaskRows = 32;

}  // namespace

void QuantizedEmbedding(const QuantizedEmbeddingArguments& a, const ParallelFor& parallel_for) {
  parallel_for((a.count + kTaskRows - 1) / kTaskRows, [&](int64_t task) {
    const int64_t end = (task + 1) * kTaskRows < a.count ? (task + 1) * kTaskRows : a.count;
    for (int64_t i = task * kTaskRows; i < end; i++) {
      const int8_t* values = a.weight + a.ids[i] * a.k;
      const uint16_t* scales = a.scales + a.ids[i] * (a.k / 32);
      float* y = a.y + i * a.k;
      for (int64_t b = 0; b < a.k / 32; b++) {
        const float scale = FromHalf(scales[b]);
        for (int64_t j = 0; j < 32; j++) y[b * 32 + j] = scale * static_cast<float>(values[b * 32 + j]);
      }
    }
  });
}

}  // namespace edgefleet::EDGEFLEET_ISA
