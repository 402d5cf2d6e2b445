#include "reference/causal_conv1d.h"

#include <gtest/gtest.h>

#include "parallel/serial_for.h"
#include "tests/error_metric.h"
#include "tests/random_tensors.h"
#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using CausalConv1dOnCpu = OnEachIsa;

template <typename T>
auto Select(Isa isa) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return SelectCausalConv1dFloat(isa);
  } else {
    return SelectCausalConv1dHalf(isa);
  }
}

/// Random inputs of one shape and memory for the outputs.
template <typename T>
struct Problem {
  Problem(RandomTensors& random, int64_t batch, int64_t tokens, int64_t channels, int width)
      : input(random, batch * tokens, channels, 1),
        weight(random.Normal<float>(channels * width, 1)),
        by_tap(weight.size()),
        bias(random.Normal<float>(channels, 1)),
        past(random.Normal<T>(batch * (width - 1) * channels, 1)),
        y(static_cast<size_t>(batch * tokens * channels)),
        present(past.size()) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int tap = 0; tap < width; ++tap) {
        by_tap[static_cast<size_t>(tap * channels + c)] = weight[static_cast<size_t>(c * width + tap)];
      }
    }
    arguments.input = input.rows();
    arguments.weight = weight.data();
    if (random.Coin()) arguments.weight_by_tap = by_tap.data();
    if (random.Coin()) arguments.bias = bias.data();
    arguments.past_window = past.data();
    arguments.output = y.data();
    arguments.present_window = present.data();
    arguments.batch = batch;
    arguments.tokens = tokens;
    arguments.channels = channels;
    arguments.width = width;
    arguments.silu = random.Coin();
  }
  Problem(const Problem&) = delete;

  double OutputError(const reference::Result& exact) const {
    return GreatestError(y, exact.y, arguments.batch, arguments.tokens, arguments.channels);
  }
  bool WindowIs(const reference::Result& exact, const std::vector<T>& window) const {
    return std::equal(window.begin(), window.end(), exact.state.begin(), exact.state.end(),
                      [](T found, double want) { return reference::Value(found) == want; });
  }

  PackedTensor<T> input;
  std::vector<float> weight, by_tap, bias;
  std::vector<T> past;
  std::vector<T> y;
  std::vector<T> present;
  CausalConv1dArguments<T> arguments{};
};

TEST_P(CausalConv1dOnCpu, MatchesTheReferenceForRandomShapes) {
  RandomTensors random(31);
  for (int round = 0; round < 100; ++round) {
    const int64_t tokens = round % 3 == 0 ? random.Int(1, 5) : random.Int(1, 150);
    const int width = static_cast<int>(round % 2 == 0 ? random.Int(1, 4) : random.Int(1, kMaxConvolutionWidth));
    Problem<float> problem(random, random.Int(1, 3), tokens, random.Int(1, round % 5 == 0 ? 1100 : 100), width);
    const auto exact = reference::CausalConv1d(problem.arguments);
    Select<float>(GetParam())(problem.arguments, ThreadedFor{static_cast<int>(random.Int(1, 4))});
    EXPECT_LE(problem.OutputError(exact), 1e-5) << round << ": " << tokens << " tokens, width " << width;
    EXPECT_TRUE(problem.WindowIs(exact, problem.present)) << round << ": " << tokens << " tokens, width " << width;
  }
}

TEST_P(CausalConv1dOnCpu, MatchesTheReferenceForLongPrompts) {
  RandomTensors random(32);
  Problem<float> problem(random, 1, 4096, 70, 4);
  const auto exact = reference::CausalConv1d(problem.arguments);
  Select<float>(GetParam())(problem.arguments, ThreadedFor{3});
  EXPECT_LE(problem.OutputError(exact), 1e-5);
  EXPECT_TRUE(problem.WindowIs(exact, problem.present));
}

TEST_P(CausalConv1dOnCpu, HandsTheWindowOverAtEverySplitAndInPlace) {
  RandomTensors random(33);
  constexpr int64_t kTokens = 40;
  for (const int width : {2, 4, 7}) {
    Problem<float> problem(random, 1, kTokens, 37, width);
    const auto exact = reference::CausalConv1d(problem.arguments);
    for (int64_t split = 1; split < kTokens; ++split) {
      std::vector<float> window = problem.past;
      auto first = problem.arguments;
      first.tokens = split;
      first.past_window = first.present_window = window.data();
      Select<float>(GetParam())(first, SerialFor{});
      auto second = problem.arguments;
      second.input.data = second.input.Row(split);
      second.output += split * second.channels;
      second.tokens = kTokens - split;
      second.past_window = second.present_window = window.data();
      Select<float>(GetParam())(second, SerialFor{});
      ASSERT_LE(problem.OutputError(exact), 1e-5) << split;
      ASSERT_TRUE(problem.WindowIs(exact, window)) << split;
    }
  }
}

TEST_P(CausalConv1dOnCpu, SlidesTheWindowInPlaceWhileOtherThreadsConvolve) {
  RandomTensors random(34);
  for (int round = 0; round < 20; ++round) {
    Problem<float> problem(random, 2, 300, 1030, 4);
    const auto exact = reference::CausalConv1d(problem.arguments);
    std::vector<float> window = problem.past;
    auto arguments = problem.arguments;
    arguments.past_window = arguments.present_window = window.data();
    Select<float>(GetParam())(arguments, ThreadedFor{4});
    ASSERT_LE(problem.OutputError(exact), 1e-5);
    ASSERT_TRUE(problem.WindowIs(exact, window));
  }
}

TEST_P(CausalConv1dOnCpu, ReadsAndWritesHalfPrecisionActivations) {
  RandomTensors random(35);
  for (const int64_t tokens : {1, 5, 70}) {
    for (const int width : {4, 6}) {
      Problem<Half> problem(random, 2, tokens, 45, width);
      const auto exact = reference::CausalConv1d(problem.arguments);
      Select<Half>(GetParam())(problem.arguments, ThreadedFor{2});
      EXPECT_LE(problem.OutputError(exact), 1e-2);  // Half a unit in the last place of outputs far above the RMS.
      EXPECT_TRUE(problem.WindowIs(exact, problem.present));
    }
  }
}

EDGEFLEET_ON_EACH_ISA(CausalConv1dOnCpu);

}  // namespace
}  // namespace edgefleet
