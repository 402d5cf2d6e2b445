#include "reference/rms_norm.h"

#include <gtest/gtest.h>

#include "tests/error_metric.h"
#include "tests/random_tensors.h"
#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using RmsNormOnCpu = OnEachIsa;

TEST_P(RmsNormOnCpu, MatchesTheReferenceForRandomShapesAndOptionalInputs) {
  RandomTensors random(41);
  for (int round = 0; round < 200; ++round) {
    const int64_t rows = random.Int(1, 40);
    const int64_t groups = random.Int(1, 4);
    const int64_t channels = groups * random.Int(1, 300);
    const PackedTensor<float> x(random, rows, channels, 2);
    const PackedTensor<float> gate(random, rows, channels, 1);
    const auto weight = random.Normal<float>(channels, 1);
    const auto skip = random.Normal<float>(rows * channels, 1);
    std::vector<float> y(static_cast<size_t>(rows * channels), NAN);
    std::vector<float> sum(y.size(), NAN);
    RmsNormArguments arguments{};
    arguments.x = x.rows();
    if (random.Coin()) arguments.weight = weight.data();
    if (random.Coin()) arguments.gate = gate.rows();
    if (random.Coin()) arguments.skip = skip.data();
    arguments.y = y.data();
    if (random.Coin()) arguments.sum = sum.data();
    arguments.rows = rows;
    arguments.channels = channels;
    arguments.groups = groups;
    arguments.epsilon = random.Coin() ? 1e-5f : 0.5f;
    arguments.norm_before_gate = random.Coin();
    const auto exact = reference::RmsNorm(arguments);
    SelectRmsNorm(GetParam())(arguments, ThreadedFor{static_cast<int>(random.Int(1, 4))});
    EXPECT_LE(GreatestError(y, exact.y, 1, rows, channels), 1e-5) << round;
    if (arguments.sum != nullptr) {
      EXPECT_LE(GreatestError(sum, exact.state, 1, rows, channels), 1e-6) << round;
    }
  }
}

EDGEFLEET_ON_EACH_ISA(RmsNormOnCpu);

}  // namespace
}  // namespace edgefleet
