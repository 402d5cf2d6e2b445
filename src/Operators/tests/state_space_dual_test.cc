#include "reference/state_space_dual.h"

#include <gtest/gtest.h>

#include <limits>

#include "parallel/serial_for.h"
#include "tests/error_metric.h"
#include "tests/random_tensors.h"
#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using StateSpaceDualOnCpu = OnEachIsa;

template <typename T>
auto Select(Isa isa) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return SelectStateSpaceDualFloat(isa);
  } else {
    return SelectStateSpaceDualHalf(isa);
  }
}

struct Sizes {
  int64_t batch, tokens, groups, heads_per_group, head_size, state_size;
};

/// Random inputs of one shape, with or without each optional input, and memory for the outputs.
template <typename T>
struct Problem {
  Problem(RandomTensors& random, const Sizes& sizes)
      : heads(sizes.groups * sizes.heads_per_group),
        rows(sizes.batch * sizes.tokens),
        x(random, rows, heads * sizes.head_size, 1),
        dt(random, rows, heads, 1, -2),
        b(random, rows, sizes.groups * sizes.state_size, 1),
        c(random, rows, sizes.groups * sizes.state_size, 1),
        z(random, rows, heads * sizes.head_size, 1),
        a(random.Uniform<float>(heads, -16, -0.05)),
        d(random.Normal<float>(heads, 1)),
        dt_bias(random.Normal<float>(heads, 0.5)),
        past(random.Normal<float>(sizes.batch * heads * sizes.state_size * sizes.head_size, 1)),
        y(static_cast<size_t>(rows * heads * sizes.head_size)),
        present(past.size(), NAN) {
    arguments.x = x.rows();
    arguments.dt = dt.rows();
    arguments.a = a.data();
    arguments.b = b.rows();
    arguments.c = c.rows();
    if (random.Coin()) arguments.d = d.data();
    if (random.Coin()) arguments.z = z.rows();
    if (random.Coin()) arguments.dt_bias = dt_bias.data();
    arguments.past_state = past.data();
    arguments.y = y.data();
    arguments.present_state = present.data();
    arguments.batch = sizes.batch;
    arguments.tokens = sizes.tokens;
    arguments.heads = heads;
    arguments.head_size = sizes.head_size;
    arguments.groups = sizes.groups;
    arguments.state_size = sizes.state_size;
    // Either softplus or the lower bound keeps time steps from being negative.
    arguments.dt_softplus = random.Coin();
    arguments.dt_min = random.Coin() ? 0.0f : 0.01f;
    arguments.dt_max = random.Coin() ? std::numeric_limits<float>::max() : 0.5f;
  }
  Problem(const Problem&) = delete;

  double OutputError(const reference::Result& exact) const {
    return GreatestError(y, exact.y, arguments.batch, arguments.tokens, arguments.heads * arguments.head_size);
  }
  double StateError(const reference::Result& exact) const {
    return GreatestError(present, exact.state, arguments.batch * arguments.heads, arguments.state_size, arguments.head_size);
  }

  int64_t heads, rows;
  PackedTensor<T> x, dt, b, c, z;
  std::vector<float> a, d, dt_bias, past;
  std::vector<T> y;
  std::vector<float> present;
  StateSpaceDualArguments<T> arguments{};
};

TEST_P(StateSpaceDualOnCpu, MatchesTheReferenceForRandomShapes) {
  RandomTensors random(21);
  for (int round = 0; round < 60; ++round) {
    const Sizes sizes{random.Int(1, 3), round % 3 == 0 ? random.Int(1, 6) : random.Int(1, 200), random.Int(1, 3), random.Int(1, 3),
                      random.Int(1, 80), random.Int(1, 70)};
    Problem<float> problem(random, sizes);
    const auto exact = reference::StateSpaceDual(problem.arguments);
    Select<float>(GetParam())(problem.arguments, ThreadedFor{static_cast<int>(random.Int(1, 4))});
    EXPECT_LE(problem.OutputError(exact), 1e-5) << round << ": " << sizes.tokens << " tokens";
    EXPECT_LE(problem.StateError(exact), 1e-5) << round << ": " << sizes.tokens << " tokens";
  }
}

TEST_P(StateSpaceDualOnCpu, MatchesTheReferenceForLongPrompts) {
  RandomTensors random(22);
  for (const int64_t tokens : {511, 512, 1025, 4096}) {
    Problem<float> problem(random, {1, tokens, 1, 2, 64, 128});
    const auto exact = reference::StateSpaceDual(problem.arguments);
    Select<float>(GetParam())(problem.arguments, ThreadedFor{2});
    EXPECT_LE(problem.OutputError(exact), 1e-5) << tokens;
    EXPECT_LE(problem.StateError(exact), 1e-5) << tokens;
  }
}

TEST_P(StateSpaceDualOnCpu, HandsStateOverAtEverySplitAndInPlace) {
  RandomTensors random(23);
  constexpr int64_t kTokens = 140;
  Problem<float> problem(random, {1, kTokens, 1, 2, 20, 24});
  const auto exact = reference::StateSpaceDual(problem.arguments);
  for (int64_t split = 1; split < kTokens; ++split) {
    std::vector<float> state = problem.past;
    auto first = problem.arguments;
    first.tokens = split;
    first.past_state = first.present_state = state.data();
    Select<float>(GetParam())(first, SerialFor{});
    auto second = problem.arguments;
    for (auto* rows : {&second.x, &second.dt, &second.b, &second.c, &second.z}) {
      if (rows->data != nullptr) rows->data = rows->Row(split);
    }
    second.y += split * second.heads * second.head_size;
    second.tokens = kTokens - split;
    second.past_state = second.present_state = state.data();
    Select<float>(GetParam())(second, SerialFor{});
    problem.present = state;
    ASSERT_LE(problem.OutputError(exact), 1e-5) << split;
    ASSERT_LE(problem.StateError(exact), 1e-5) << split;
  }
}

TEST_P(StateSpaceDualOnCpu, MatchesTheReferenceFromAnEmptyState) {
  RandomTensors random(27);
  for (const int64_t head_size : {20, 64}) {
    Problem<float> problem(random, {2, 130, 1, 3, head_size, 24});
    std::fill(problem.past.begin(), problem.past.end(), 0.0f);
    const auto exact = reference::StateSpaceDual(problem.arguments);
    Select<float>(GetParam())(problem.arguments, ThreadedFor{2});
    EXPECT_LE(problem.OutputError(exact), 1e-5);
    EXPECT_LE(problem.StateError(exact), 1e-5);
  }
}

TEST_P(StateSpaceDualOnCpu, GivesTheSameBitsForAnyNumberOfThreads) {
  RandomTensors random(24);
  for (const int64_t tokens : {1, 100}) {
    Problem<float> problem(random, {2, tokens, 2, 3, 32, 16});
    Select<float>(GetParam())(problem.arguments, SerialFor{});
    const auto y = problem.y;
    for (const int threads : {1, 2, 3, 4}) {
      Select<float>(GetParam())(problem.arguments, ThreadedFor{threads});
      EXPECT_EQ(problem.y, y);
    }
  }
}

TEST_P(StateSpaceDualOnCpu, ReadsAndWritesHalfPrecisionActivations) {
  RandomTensors random(25);
  for (const int64_t tokens : {1, 5, 70, 130}) {
    Problem<Half> problem(random, {2, tokens, 2, 2, 33, 20});
    const auto exact = reference::StateSpaceDual(problem.arguments);
    Select<Half>(GetParam())(problem.arguments, ThreadedFor{2});
    EXPECT_LE(problem.OutputError(exact), 1e-2);  // Half a unit in the last place of outputs far above the RMS.
    EXPECT_LE(problem.StateError(exact), 1e-5);
  }
}

TEST_P(StateSpaceDualOnCpu, StaysFiniteForExtremeTimeStepsAndRates) {
  RandomTensors random(26);
  for (const int64_t tokens : {2, 150}) {
    for (const double dt : {-1e30, -200.0, 0.0, 200.0, 1e15}) {
      for (const float rate : {-3e38f, -1e20f, -1e-20f, -0.0f}) {
        Problem<float> problem(random, {1, tokens, 1, 2, 19, 9});
        problem.dt = PackedTensor<float>(random, tokens, 2, 0, dt);
        problem.arguments.dt = problem.dt.rows();
        std::fill(problem.a.begin(), problem.a.end(), rate);
        Select<float>(GetParam())(problem.arguments, SerialFor{});
        for (const float value : problem.y) ASSERT_TRUE(std::isfinite(value)) << dt << " " << rate;
        for (const float value : problem.present) ASSERT_TRUE(std::isfinite(value)) << dt << " " << rate;
        // Time steps of zero keep the state at any rate.
        if (dt == -1e30) {
          EXPECT_LE(problem.StateError(reference::StateSpaceDual(problem.arguments)), 1e-5) << rate;
        }
      }
    }
  }
}

EDGEFLEET_ON_EACH_ISA(StateSpaceDualOnCpu);

}  // namespace
}  // namespace edgefleet
