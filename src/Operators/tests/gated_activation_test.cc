#include "gated_activation/kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using GatedActivationOnCpu = OnEachIsa;

double Exact(GatedActivationFunction function, double x) {
  switch (function) {
    case GatedActivationFunction::kSilu: return x / (1 + std::exp(-x));
    case GatedActivationFunction::kGelu: return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case GatedActivationFunction::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  }
  return 0;
}

TEST_P(GatedActivationOnCpu, MatchesItsFormulaForOddSizes) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 3);
  for (const int64_t features : {1, 3, 15, 16, 17, 100, 8193}) {
    for (const int64_t rows : {1, 2, 33}) {
      for (const auto function :
           {GatedActivationFunction::kSilu, GatedActivationFunction::kGelu, GatedActivationFunction::kGeluTanh}) {
        std::vector<float> x(static_cast<size_t>(rows * 2 * features));
        for (auto& value : x) value = normal(random);
        std::vector<float> y(static_cast<size_t>(rows * features), NAN);
        SelectGatedActivation(GetParam())({x.data(), y.data(), rows, features, function}, ThreadedFor{3});
        for (int64_t row = 0; row < rows; ++row) {
          for (int64_t i = 0; i < features; ++i) {
            const double gate = x[static_cast<size_t>(row * 2 * features + i)];
            const double value = x[static_cast<size_t>(row * 2 * features + features + i)];
            ASSERT_NEAR(y[static_cast<size_t>(row * features + i)], Exact(function, gate) * value,
                        5e-7 * std::abs(gate * value) + 1e-12);
          }
        }
      }
    }
  }
}

EDGEFLEET_ON_EACH_ISA(GatedActivationOnCpu);

}  // namespace
}  // namespace edgefleet
