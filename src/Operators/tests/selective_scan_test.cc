#include "reference/selective_scan.h"

#include <gtest/gtest.h>

#include "parallel/serial_for.h"
#include "tests/error_metric.h"
#include "tests/random_tensors.h"
#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using SelectiveScanOnCpu = OnEachIsa;

template <typename T>
auto Select(Isa isa) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return SelectSelectiveScanFloat(isa);
  } else {
    return SelectSelectiveScanHalf(isa);
  }
}

/// Random inputs of one shape, with or without each optional input, and memory for the outputs.
template <typename T>
struct Problem {
  Problem(RandomTensors& random, int64_t batch, int64_t tokens, int64_t channels, int64_t state_size)
      : u(random, batch * tokens, channels, 1),
        delta(random, batch * tokens, channels, 1, -2),
        b(random, batch * tokens, state_size, 1),
        c(random, batch * tokens, state_size, 1),
        z(random, batch * tokens, channels, 1),
        a(random.Uniform<float>(state_size * channels, -16, -0.05)),
        d(random.Normal<float>(channels, 1)),
        delta_bias(random.Normal<float>(channels, 0.5)),
        past(random.Normal<float>(batch * state_size * channels, 1)),
        y(static_cast<size_t>(batch * tokens * channels)),
        present(past.size(), NAN) {
    arguments.u = u.rows();
    arguments.delta = delta.rows();
    arguments.a = a.data();
    arguments.b = b.rows();
    arguments.c = c.rows();
    if (random.Coin()) arguments.d = d.data();
    if (random.Coin()) arguments.z = z.rows();
    if (random.Coin()) arguments.delta_bias = delta_bias.data();
    arguments.past_state = past.data();
    arguments.y = y.data();
    arguments.present_state = present.data();
    arguments.batch = batch;
    arguments.tokens = tokens;
    arguments.channels = channels;
    arguments.state_size = state_size;
    // Without softplus the time steps of this test could be negative, and states could grow beyond all bounds.
    arguments.delta_softplus = true;
  }
  Problem(const Problem&) = delete;

  double OutputError(const reference::Result& exact) const {
    return GreatestError(y, exact.y, arguments.batch, arguments.tokens, arguments.channels);
  }
  double StateError(const reference::Result& exact) const {
    return GreatestError(present, exact.state, arguments.batch, arguments.state_size, arguments.channels);
  }

  PackedTensor<T> u, delta, b, c, z;
  std::vector<float> a, d, delta_bias, past;
  std::vector<T> y;
  std::vector<float> present;
  SelectiveScanArguments<T> arguments{};
};

TEST_P(SelectiveScanOnCpu, MatchesTheReferenceForRandomShapes) {
  RandomTensors random(11);
  for (int round = 0; round < 60; ++round) {
    const int64_t tokens = round % 3 == 0 ? 1 : random.Int(1, 200);
    Problem<float> problem(random, random.Int(1, 3), tokens, random.Int(1, 150), random.Int(1, 35));
    const auto exact = reference::SelectiveScan(problem.arguments);
    Select<float>(GetParam())(problem.arguments, ThreadedFor{static_cast<int>(random.Int(1, 4))});
    EXPECT_LE(problem.OutputError(exact), 1e-5) << round << ": " << tokens << " tokens";
    EXPECT_LE(problem.StateError(exact), 1e-5) << round << ": " << tokens << " tokens";
  }
}

TEST_P(SelectiveScanOnCpu, MatchesTheReferenceForLongPrompts) {
  RandomTensors random(12);
  for (const int64_t tokens : {511, 512, 1025, 4096}) {
    Problem<float> problem(random, 2, tokens, 67, 16);
    const auto exact = reference::SelectiveScan(problem.arguments);
    Select<float>(GetParam())(problem.arguments, ThreadedFor{2});
    EXPECT_LE(problem.OutputError(exact), 1e-5) << tokens;
    EXPECT_LE(problem.StateError(exact), 1e-5) << tokens;
  }
}

TEST_P(SelectiveScanOnCpu, HandsStateOverAtEverySplitAndInPlace) {
  RandomTensors random(13);
  constexpr int64_t kTokens = 70;
  Problem<float> problem(random, 1, kTokens, 37, 16);
  const auto exact = reference::SelectiveScan(problem.arguments);
  for (int64_t split = 1; split < kTokens; ++split) {
    std::vector<float> state = problem.past;
    auto first = problem.arguments;
    first.tokens = split;
    first.past_state = first.present_state = state.data();
    Select<float>(GetParam())(first, SerialFor{});
    auto second = problem.arguments;
    for (auto* rows : {&second.u, &second.delta, &second.b, &second.c, &second.z}) {
      if (rows->data != nullptr) rows->data = rows->Row(split);
    }
    second.y += split * second.channels;
    second.tokens = kTokens - split;
    second.past_state = second.present_state = state.data();
    Select<float>(GetParam())(second, SerialFor{});
    problem.present = state;
    ASSERT_LE(problem.OutputError(exact), 1e-5) << split;
    ASSERT_LE(problem.StateError(exact), 1e-5) << split;
  }
}

TEST_P(SelectiveScanOnCpu, GivesTheSameBitsForAnyNumberOfThreads) {
  RandomTensors random(14);
  Problem<float> problem(random, 2, 40, 200, 16);
  Select<float>(GetParam())(problem.arguments, SerialFor{});
  const auto y = problem.y;
  for (const int threads : {1, 2, 3, 4}) {
    Select<float>(GetParam())(problem.arguments, ThreadedFor{threads});
    EXPECT_EQ(problem.y, y);
  }
}

TEST_P(SelectiveScanOnCpu, ReadsAndWritesHalfPrecisionActivations) {
  RandomTensors random(15);
  for (const int64_t tokens : {1, 5, 70}) {
    Problem<Half> problem(random, 2, tokens, 45, 16);
    const auto exact = reference::SelectiveScan(problem.arguments);
    Select<Half>(GetParam())(problem.arguments, ThreadedFor{2});
    EXPECT_LE(problem.OutputError(exact), 1e-2);  // Half a unit in the last place of outputs far above the RMS.
    EXPECT_LE(problem.StateError(exact), 1e-5);
  }
}

TEST_P(SelectiveScanOnCpu, StaysFiniteForExtremeTimeStepsAndRates) {
  RandomTensors random(16);
  for (const double delta : {-1e30, -200.0, 0.0, 200.0, 1e15}) {
    for (const float rate : {-3e38f, -1e20f, -1e-20f, -0.0f}) {
      Problem<float> problem(random, 1, 40, 19, 9);
      problem.delta = PackedTensor<float>(random, 40, 19, 0, delta);
      problem.arguments.delta = problem.delta.rows();
      std::fill(problem.a.begin(), problem.a.end(), rate);
      Select<float>(GetParam())(problem.arguments, SerialFor{});
      for (const float value : problem.y) ASSERT_TRUE(std::isfinite(value)) << delta << " " << rate;
      for (const float value : problem.present) ASSERT_TRUE(std::isfinite(value)) << delta << " " << rate;
      // Time steps of zero keep the state at any rate.
      if (delta == -1e30) {
        EXPECT_LE(problem.StateError(reference::SelectiveScan(problem.arguments)), 1e-5) << rate;
      }
    }
  }
}

EDGEFLEET_ON_EACH_ISA(SelectiveScanOnCpu);

}  // namespace
}  // namespace edgefleet
