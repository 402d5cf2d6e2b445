#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/simd_math_kernel.h"
#include "tests/supported_isas.h"

namespace edgefleet {
namespace {

using SimdMath = OnEachIsa;

std::vector<float> Grid(float from, float to, int steps) {
  std::vector<float> x;
  for (int i = 0; i <= steps; ++i) x.push_back(from + (to - from) * static_cast<float>(i) / static_cast<float>(steps));
  return x;
}

std::vector<float> Apply(Isa isa, VectorFunction function, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  SelectApplyVectorFunction(isa)(function, x.data(), y.data(), static_cast<int64_t>(x.size()));
  return y;
}

template <typename Exact>
double GreatestRelativeError(const std::vector<float>& x, const std::vector<float>& y, Exact exact) {
  double greatest = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double want = exact(static_cast<double>(x[i]));
    greatest = std::max(greatest, std::abs(y[i] - want) / std::abs(want));
  }
  return greatest;
}

TEST_P(SimdMath, ExponentialIsAccurate) {
  const auto x = Grid(-87, 88, 1000003);
  EXPECT_LT(GreatestRelativeError(x, Apply(GetParam(), VectorFunction::kExp, x), [](double v) { return std::exp(v); }), 1.5e-7);
}

TEST_P(SimdMath, PowerOfTwoIsAccurate) {
  const auto x = Grid(-125, 127, 1000003);
  EXPECT_LT(GreatestRelativeError(x, Apply(GetParam(), VectorFunction::kExp2, x), [](double v) { return std::exp2(v); }), 1.5e-7);
}

TEST_P(SimdMath, ExponentialOfExtremesIsZeroOrInfinity) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x{-kInfinity, -3e38f, -1000.0f, -110.0f, 0.0f, 1000.0f, 3e38f, kInfinity};
  const auto y = Apply(GetParam(), VectorFunction::kExp, x);
  for (int i = 0; i < 3; ++i) EXPECT_LE(y[i], std::numeric_limits<float>::min()) << x[i];
  EXPECT_EQ(y[4], 1.0f);
  for (int i = 5; i < 8; ++i) EXPECT_EQ(y[i], kInfinity) << x[i];
  const auto z = Apply(GetParam(), VectorFunction::kExp2, x);
  for (int i = 0; i < 3; ++i) EXPECT_LE(z[i], std::numeric_limits<float>::min()) << x[i];
  EXPECT_EQ(z[4], 1.0f);
}

TEST_P(SimdMath, SoftplusIsAccurate) {
  const auto x = Grid(-80, 100, 1000003);
  const auto y = Apply(GetParam(), VectorFunction::kSoftplus, x);
  EXPECT_LT(GreatestRelativeError(x, y, [](double v) { return std::max(v, 0.0) + std::log1p(std::exp(-std::abs(v))); }), 3e-7);
}

TEST_P(SimdMath, SigmoidAndSiluAreAccurate) {
  const auto x = Grid(-80, 80, 1000002);
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  EXPECT_LT(GreatestRelativeError(x, Apply(GetParam(), VectorFunction::kSigmoid, x), sigmoid), 3e-7);
  auto nonzero = x;
  std::erase_if(nonzero, [](float v) { return v == 0.0f; });
  EXPECT_LT(GreatestRelativeError(nonzero, Apply(GetParam(), VectorFunction::kSilu, nonzero), [&](double v) { return v * sigmoid(v); }),
            3e-7);
}

TEST_P(SimdMath, SiluAndSoftplusOfExtremesAreFinite) {
  const std::vector<float> x{-3e38f, -1e4f, -88.5f, 0.0f, 88.5f, 1e4f, 3e38f};
  for (const auto function : {VectorFunction::kSilu, VectorFunction::kSoftplus, VectorFunction::kSigmoid}) {
    for (const float y : Apply(GetParam(), function, x)) EXPECT_TRUE(std::isfinite(y));
  }
}

TEST_P(SimdMath, GeluIsAccurateRelativeToItsArgument) {
  const auto x = Grid(-12, 12, 1000003);
  const auto exact = Apply(GetParam(), VectorFunction::kGelu, x);
  const auto tanh_form = Apply(GetParam(), VectorFunction::kGeluTanh, x);
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = x[i];
    ASSERT_NEAR(exact[i], 0.5 * v * std::erfc(-v / std::sqrt(2.0)), 3e-7 * std::abs(v) + 1e-12) << v;
    const double inner = std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v);
    ASSERT_NEAR(tanh_form[i], 0.5 * v * (1 + std::tanh(inner)), 4e-7 * std::abs(v) + 1e-12) << v;
  }
}

TEST_P(SimdMath, EveryHalfSurvivesWideningAndNarrowing) {
  std::vector<Half> halves;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) halves.push_back({static_cast<uint16_t>(bits)});
  std::vector<float> wide(halves.size());
  SelectWidenHalf(GetParam())(halves.data(), wide.data(), static_cast<int64_t>(halves.size()));
  std::vector<Half> narrow(halves.size());
  SelectNarrowToHalf(GetParam())(wide.data(), narrow.data(), static_cast<int64_t>(wide.size()));
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint32_t exponent = (bits >> 10) & 0x1F;
    const double magnitude = exponent == 0 ? std::ldexp(bits & 0x3FF, -24) : std::ldexp(0x400 | (bits & 0x3FF), static_cast<int>(exponent) - 25);
    if (exponent == 31) {
      EXPECT_EQ(std::isnan(wide[bits]), (bits & 0x3FF) != 0);
      if ((bits & 0x3FF) != 0) continue;
    } else {
      ASSERT_EQ(wide[bits], (bits & 0x8000) != 0 ? -magnitude : magnitude) << bits;
    }
    ASSERT_EQ(narrow[bits].bits, bits);
  }
}

TEST_P(SimdMath, NarrowingRoundsToNearestWithTiesToEven) {
  const std::vector<float> x{1.0f + 0x1p-11f, 1.0f + 0x3p-11f, 1.0f + 0x1.1p-11f, 65519.0f, 65520.0f, 0x1p-25f, 0x1.8p-25f, -0x3p-25f};
  const std::vector<uint16_t> want{0x3C00, 0x3C02, 0x3C01, 0x7BFF, 0x7C00, 0x0000, 0x0001, 0x8002};
  std::vector<Half> y(x.size());
  SelectNarrowToHalf(GetParam())(x.data(), y.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i].bits, want[i]) << x[i];
}

TEST_P(SimdMath, SumAndGreatestUseAllLanes) {
  std::vector<float> x(64);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * i) - 500.0f;
  float sum = 0;
  float greatest = 0;
  SelectSumAndGreatest(GetParam())(x.data(), 64, &sum, &greatest);
  EXPECT_EQ(sum, 63.0f * 64.0f * 127.0f / 6.0f - 500.0f * 64.0f);
  EXPECT_EQ(greatest, 63.0f * 63.0f - 500.0f);
}

EDGEFLEET_ON_EACH_ISA(SimdMath);

}  // namespace
}  // namespace edgefleet
