#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "quantized_embedding/kernel.h"
#include "quantized_linear/product.h"
#include "tests/half_bits.h"
#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using QuantizedLinearOnCpu = OnEachIsa;

// Random weights as integers with scales, and packed as docs/operators.md says.
struct Weights {
  size_t bits;
  size_t n;
  size_t k;
  std::vector<int> q;            // [n, k]
  std::vector<uint16_t> scales;  // [n, k / 32]
  std::vector<float> bias;
  std::vector<uint8_t> packed;
  std::vector<uint16_t> packed_scales;

  Weights(size_t bits, size_t n, size_t k, std::mt19937& random) : bits(bits), n(n), k(k), q(n * k), scales(n * k / 32), bias(n) {
    std::normal_distribution<float> normal;
    for (auto& value : q) value = bits == 4 ? static_cast<int>(random() % 16) - 8 : static_cast<int>(random() % 255) - 127;
    // Normal and subnormal halves of both signs.
    for (auto& scale : scales) scale = static_cast<uint16_t>((random() % 8 == 0 ? 0x0155 : 0x2000 + random() % 2048) | (random() & 0x8000));
    for (auto& value : bias) value = 0.1f * normal(random);
    if (bits == 8) {
      for (const int value : q) packed.push_back(static_cast<uint8_t>(value));
      packed_scales = scales;
      return;
    }
    const size_t tiles = (n + 15) / 16;
    const size_t blocks = k / 32;
    packed.assign(tiles * blocks * 256, 0x88);
    packed_scales.assign(tiles * blocks * 16, 0);
    for (size_t row = 0; row < n; row++) {
      for (size_t b = 0; b < blocks; b++) {
        const size_t block = row / 16 * blocks + b;
        packed_scales[block * 16 + row % 16] = scales[row * blocks + b];
        for (size_t j = 0; j < 4; j++) {
          for (size_t c = 0; c < 4; c++) {
            const int low = q[row * k + 32 * b + 4 * j + c] + 8;
            const int high = q[row * k + 32 * b + 16 + 4 * j + c] + 8;
            packed[block * 256 + 64 * j + 4 * (row % 16) + c] = static_cast<uint8_t>(low | high << 4);
          }
        }
      }
    }
  }
};

struct Errors {
  double against_quantised;  // largest over RMS, the same arithmetic with exact sums
  double against_float;      // RMS over RMS, activations not quantised
};

Errors Measure(Isa isa, size_t bits, size_t rows, size_t n, size_t k, unsigned seed, bool with_bias) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  const Weights w(bits, n, k, random);
  const size_t blocks = k / 32;
  std::vector<float> x(rows * k);
  for (auto& value : x) value = normal(random);
  if (rows > 1) std::fill_n(x.begin(), 32, 0.0f);
  std::vector<float> y(rows * n, NAN);
  QuantizedProduct(x.data(), rows, {w.packed.data(), w.packed_scales.data(), with_bias ? w.bias.data() : nullptr, bits, n, k}, y.data(),
                   ThreadedFor{3}, isa);
  double largest = 0;
  double squares = 0;
  double differences = 0;
  for (size_t r = 0; r < rows; r++) {
    std::vector<int> q(k);
    std::vector<float> scale(blocks);
    for (size_t b = 0; b < blocks; b++) {
      float maximum = 0;
      for (size_t i = 0; i < 32; i++) maximum = std::max(maximum, std::abs(x[r * k + b * 32 + i]));
      scale[b] = maximum / 127.0f;
      const float factor = maximum == 0 ? 0.0f : 127.0f / maximum;
      for (size_t i = 0; i < 32; i++) q[b * 32 + i] = static_cast<int>(std::nearbyint(x[r * k + b * 32 + i] * factor));
    }
    for (size_t row = 0; row < n; row++) {
      double exact = with_bias ? w.bias[row] : 0.0;
      double unquantised = exact;
      for (size_t b = 0; b < blocks; b++) {
        int64_t sum = 0;
        double product = 0;
        for (size_t i = b * 32; i < b * 32 + 32; i++) {
          sum += w.q[row * k + i] * q[i];
          product += static_cast<double>(w.q[row * k + i]) * x[r * k + i];
        }
        const double weight_scale = HalfToDouble(w.scales[row * blocks + b]);
        exact += static_cast<double>(sum) * weight_scale * scale[b];
        unquantised += product * weight_scale;
      }
      const double error = std::abs(y[r * n + row] - exact);
      if (!(error <= largest)) largest = error;
      squares += exact * exact;
      differences += (y[r * n + row] - unquantised) * (y[r * n + row] - unquantised);
    }
  }
  return {largest / std::sqrt(squares / static_cast<double>(rows * n)), std::sqrt(differences / squares)};
}

TEST_P(QuantizedLinearOnCpu, MatchesExactIntegerSumsForOddSizes) {
  unsigned seed = 1;
  for (const size_t bits : {4, 8}) {
    for (const size_t rows : {1, 2, 4, 5, 15, 16, 17, 50}) {
      for (const size_t n : {1, 4, 15, 16, 17, 70, 145}) {
        for (const size_t k : {32, 64, 96, 544, 896}) {
          const Errors errors = Measure(GetParam(), bits, rows, n, k, seed, seed % 2 == 0);
          EXPECT_LE(errors.against_quantised, 1e-5) << bits << " bits, " << rows << " x " << n << " x " << k;
          seed++;
        }
      }
    }
  }
}

TEST_P(QuantizedLinearOnCpu, MatchesExactIntegerSumsForLongRows) {
  for (const size_t bits : {4, 8}) {
    for (const size_t rows : {1, 3, 40}) EXPECT_LE(Measure(GetParam(), bits, rows, 40, 8192, 7, true).against_quantised, 1e-5);
  }
}

TEST_P(QuantizedLinearOnCpu, LosesLessThanOnePercentByQuantisingActivations) {
  for (const size_t bits : {4, 8}) {
    for (const size_t rows : {1, 20}) {
      const double error = Measure(GetParam(), bits, rows, 200, 896, 11, false).against_float;
      EXPECT_LT(error, 0.01);
      EXPECT_GT(error, 1e-4);  // it did quantise
    }
  }
}

TEST_P(QuantizedLinearOnCpu, ExtremeValuesDoNotOverflow) {
  for (const size_t bits : {4, 8}) {
    std::mt19937 random(3);
    Weights w(bits, 16, 64, random);
    const uint16_t one = 0x3c00;
    std::fill(w.packed.begin(), w.packed.end(), bits == 4 ? 0x00 : 0x81);  // -8 and -127
    std::fill(w.packed_scales.begin(), w.packed_scales.end(), one);
    const double q = bits == 4 ? -8 : -127;
    for (const float value : {-1.0f, 1.0f}) {
      const std::vector<float> x(64, value);
      std::vector<float> y(16, NAN);
      QuantizedProduct(x.data(), 1, {w.packed.data(), w.packed_scales.data(), nullptr, bits, 16, 64}, y.data(), ThreadedFor{1}, GetParam());
      for (const float result : y) ASSERT_NEAR(result, 64 * q * value, 1e-3);
    }
  }
}

TEST_P(QuantizedLinearOnCpu, EmbeddingRowsAreTheTablesDequantisedRows) {
  std::mt19937 random(5);
  const Weights w(8, 50, 96, random);
  const std::vector<int64_t> ids = {0, 49, 7, 7, 31};
  std::vector<float> y(ids.size() * 96, NAN);
  SelectQuantizedEmbedding(GetParam())(
      {ids.data(), reinterpret_cast<const int8_t*>(w.packed.data()), w.packed_scales.data(), y.data(), 5, 96}, ThreadedFor{2});
  for (size_t i = 0; i < ids.size(); i++) {
    for (size_t j = 0; j < 96; j++) {
      const size_t at = static_cast<size_t>(ids[i]) * 96 + j;
      const double exact = w.q[at] * HalfToDouble(w.scales[at / 32]);
      ASSERT_NEAR(y[i * 96 + j], exact, 1e-6 * std::abs(exact));
    }
  }
}

EDGEFLEET_ON_EACH_ISA(QuantizedLinearOnCpu);

}  // namespace
}  // namespace edgefleet
