#include "linear/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using LinearOnCpu = OnEachIsa;

// The largest error against double precision over the root mean square of the exact results.
double Error(Isa isa, size_t rows, size_t n, size_t k, bool with_bias, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(rows * k);
  std::vector<float> weight(n * k);
  std::vector<float> bias(n);
  for (auto* values : {&x, &weight, &bias}) {
    for (auto& value : *values) value = normal(random);
  }
  std::vector<float> y(rows * n, NAN);
  LinearProduct({x.data(), weight.data(), with_bias ? bias.data() : nullptr, y.data(), rows, n, k}, ThreadedFor{3}, isa);
  double largest = 0;
  double squares = 0;
  for (size_t r = 0; r < rows; r++) {
    for (size_t i = 0; i < n; i++) {
      double exact = with_bias ? bias[i] : 0.0;
      for (size_t j = 0; j < k; j++) exact += static_cast<double>(x[r * k + j]) * weight[i * k + j];
      const double error = std::abs(y[r * n + i] - exact);
      if (!(error <= largest)) largest = error;
      squares += exact * exact;
    }
  }
  return largest / std::sqrt(squares / static_cast<double>(rows * n));
}

TEST_P(LinearOnCpu, MatchesDoublePrecisionForOddSizes) {
  unsigned seed = 1;
  for (const size_t rows : {1, 2, 3, 6, 7, 12, 13, 14, 15, 29, 64, 257}) {
    for (const size_t n : {1, 3, 31, 33, 200}) {
      for (const size_t k : {1, 5, 16, 63, 257, 300}) {
        EXPECT_LE(Error(GetParam(), rows, n, k, seed % 2 == 0, seed), 1e-5) << rows << " x " << n << " x " << k;
        seed++;
      }
    }
  }
}

TEST_P(LinearOnCpu, MatchesDoublePrecisionForLongSums) {
  for (const size_t rows : {1, 2, 5, 12, 30}) EXPECT_LE(Error(GetParam(), rows, 70, 8192, true, 99), 1e-5) << rows;
}

TEST_P(LinearOnCpu, WritesNothingBesideItsOutput) {
  const std::vector<float> weight(37 * 19, 1.0f);
  for (const size_t rows : {1, 5, 20}) {
    const std::vector<float> x(rows * 19, 1.0f);
    std::vector<float> y(rows * 37 + 64, 7.0f);
    LinearProduct({x.data(), weight.data(), nullptr, y.data(), rows, 37, 19}, ThreadedFor{2}, GetParam());
    for (size_t i = 0; i < rows * 37; i++) ASSERT_EQ(y[i], 19.0f);
    for (size_t i = rows * 37; i < y.size(); i++) ASSERT_EQ(y[i], 7.0f);
  }
}

EDGEFLEET_ON_EACH_ISA(LinearOnCpu);

}  // namespace
}  // namespace edgefleet
