// The operators inside ONNX Runtime: which one is told by the environment variable EDGEFLEET_ONNXRUNTIME, the operator library by
// EDGEFLEET_OPS. tests/compatibility.sh runs this program against every released version from 1.23.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>

#include "harness/graph_writer.h"
#include "harness/runtime.h"
#include "reference/causal_conv1d.h"
#include "reference/rms_norm.h"
#include "reference/selective_scan.h"
#include "reference/state_space_dual.h"
#include "tests/error_metric.h"
#include "tests/random_tensors.h"

namespace edgefleet {
namespace {

using harness::GraphNode;
using harness::GraphValue;
using harness::Session;
using harness::TensorValue;

constexpr int32_t kFloatType = 1;
constexpr int32_t kInt32Type = 6;
constexpr int32_t kHalfType = 10;
constexpr int64_t kBatch = 2;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string("set ") + name);
  return value;
}

const harness::Runtime& OnnxRuntime() {
  static const auto* runtime = new harness::Runtime(Environment("EDGEFLEET_ONNXRUNTIME"));
  return *runtime;
}

template <typename T>
constexpr int32_t TypeOf() {
  if (std::is_same_v<T, int32_t>) return kInt32Type;
  return sizeof(T) == sizeof(float) ? kFloatType : kHalfType;
}

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// Tensors bound to a session; shapes of the graph are symbolic in batch and tokens.
class Bound {
 public:
  explicit Bound(GraphNode node, bool shares_arena = false)
      : session(OnnxRuntime(), harness::WriteModel(node), Environment("EDGEFLEET_OPS"), 2, shares_arena) {}

  template <typename T>
  void Input(const char* name, std::vector<T>& data, const std::vector<int64_t>& shape) {
    session.BindInput(name, Tensor(data, shape));
  }
  template <typename T>
  void Output(const char* name, std::vector<T>& data, const std::vector<int64_t>& shape) {
    session.BindOutput(name, Tensor(data, shape));
  }

  Session session;

 private:
  template <typename T>
  const TensorValue& Tensor(std::vector<T>& data, const std::vector<int64_t>& shape) {
    // The runtime wants an address even for no elements.
    static float nothing;
    void* address = data.empty() ? static_cast<void*>(&nothing) : data.data();
    tensors_.push_back(std::make_unique<TensorValue>(OnnxRuntime(), address, data.size() * sizeof(T), shape,
                                                     static_cast<ONNXTensorElementDataType>(TypeOf<T>())));
    return *tensors_.back();
  }

  std::vector<std::unique_ptr<TensorValue>> tensors_;
};

GraphValue Activation(const char* name, int32_t type, int64_t width) { return {name, type, {"batch", "tokens", width}}; }

GraphValue Constant(const char* name, const std::vector<float>& values, std::vector<harness::GraphDimension> shape) {
  return {name, kFloatType, std::move(shape), Bytes(values)};
}

/// ONNX Runtime 1.23 gets neither shape functions nor float16 (registration/library.cc).
bool IsOldest() { return OnnxRuntime().version().starts_with("1.23."); }

template <typename T>
class InRuntime : public testing::Test {
 protected:
  void SetUp() override {
    if (IsOldest() && sizeof(T) != sizeof(float)) GTEST_SKIP() << "float16 activations need ONNX Runtime 1.24";
  }

  static void ExpectShapes(const Session& session, int64_t channels, const std::vector<int64_t>& state) {
    if (IsOldest()) return;
    EXPECT_EQ(session.OutputSymbols(0), (std::vector<std::string>{"batch", "tokens", ""}));
    EXPECT_EQ(session.OutputShape(0)[2], channels);
    EXPECT_EQ(session.OutputShape(1), state);
  }
};
using StorageTypes = testing::Types<float, Half>;
TYPED_TEST_SUITE(InRuntime, StorageTypes);

template <typename T>
constexpr double OutputTolerance() {
  return sizeof(T) == sizeof(float) ? 1e-5 : 1e-2;  // Half a unit in the last place of outputs far above the RMS.
}

TYPED_TEST(InRuntime, SelectiveScanMatchesTheReferenceInPlaceWithPackedInputs) {
  constexpr int64_t kChannels = 40;
  constexpr int64_t kStates = 16;
  RandomTensors random(1);
  auto a = random.Uniform<float>(kStates * kChannels, -16, -0.05);
  auto d = random.Normal<float>(kChannels, 1);
  for (const bool gated : {false, true}) {
    const int32_t type = TypeOf<TypeParam>();
    // u and z are packed in one tensor, B and C in another.
    Bound bound({"edgefleet",
                 "SelectiveScan",
                 {{"delta_softplus", int64_t{1}}, {"z_offset", kChannels}, {"c_offset", kStates}},
                 {Activation("uz", type, 2 * kChannels), Activation("delta", type, kChannels), Constant("A", a, {kStates, kChannels}),
                  Activation("bc", type, 2 * kStates), {"bc"}, gated ? Constant("D", d, {kChannels}) : GraphValue{},
                  gated ? GraphValue{"uz"} : GraphValue{}, {}, {"past_state", kFloatType, {"batch", kStates, kChannels}}},
                 {{"y", type, {}}, {"present_state", kFloatType, {}}}});
    this->ExpectShapes(bound.session, kChannels, {-1, kStates, kChannels});
    for (const int64_t tokens : {1, 7, 130}) {
      auto uz = random.Normal<TypeParam>(kBatch * tokens * 2 * kChannels, 1);
      auto delta = random.Normal<TypeParam>(kBatch * tokens * kChannels, 1, -2);
      auto bc = random.Normal<TypeParam>(kBatch * tokens * 2 * kStates, 1);
      auto state = random.Normal<float>(kBatch * kStates * kChannels, 1);
      std::vector<TypeParam> y(static_cast<size_t>(kBatch * tokens * kChannels));
      SelectiveScanArguments<TypeParam> arguments{};
      arguments.u = {uz.data(), 2 * kChannels};
      arguments.delta = {delta.data(), kChannels};
      arguments.a = a.data();
      arguments.b = {bc.data(), 2 * kStates};
      arguments.c = {bc.data() + kStates, 2 * kStates};
      if (gated) arguments.d = d.data();
      if (gated) arguments.z = {uz.data() + kChannels, 2 * kChannels};
      arguments.past_state = state.data();
      arguments.batch = kBatch;
      arguments.tokens = tokens;
      arguments.channels = kChannels;
      arguments.state_size = kStates;
      arguments.delta_softplus = true;
      const auto exact = reference::SelectiveScan(arguments);
      bound.Input("uz", uz, {kBatch, tokens, 2 * kChannels});
      bound.Input("delta", delta, {kBatch, tokens, kChannels});
      bound.Input("bc", bc, {kBatch, tokens, 2 * kStates});
      bound.Input("past_state", state, {kBatch, kStates, kChannels});
      bound.Output("y", y, {kBatch, tokens, kChannels});
      bound.Output("present_state", state, {kBatch, kStates, kChannels});
      bound.session.Run();
      EXPECT_LE(GreatestError(y, exact.y, kBatch, tokens, kChannels), OutputTolerance<TypeParam>()) << tokens;
      EXPECT_LE(GreatestError(state, exact.state, kBatch, kStates, kChannels), 1e-5) << tokens;
    }
  }
}

TYPED_TEST(InRuntime, StateSpaceDualMatchesTheReferenceInPlace) {
  constexpr int64_t kHeads = 6;
  constexpr int64_t kGroups = 2;
  constexpr int64_t kHeadSize = 20;
  constexpr int64_t kStates = 24;
  constexpr int64_t kChannels = kHeads * kHeadSize;
  RandomTensors random(2);
  auto a = random.Uniform<float>(kHeads, -16, -0.05);
  auto bias = random.Normal<float>(kHeads, 1);
  const int32_t type = TypeOf<TypeParam>();
  Bound bound({"edgefleet",
               "StateSpaceDual",
               {{"num_groups", kGroups}, {"dt_softplus", int64_t{1}}, {"dt_max", 0.75f}},
               {Activation("x", type, kChannels), Activation("dt", type, kHeads), Constant("A", a, {kHeads}),
                Activation("b", type, kGroups * kStates), Activation("c", type, kGroups * kStates), {},
                Activation("z", type, kChannels), Constant("dt_bias", bias, {kHeads}),
                {"past_state", kFloatType, {"batch", kHeads, kStates, kHeadSize}}},
               {{"y", type, {}}, {"present_state", kFloatType, {}}}});
  this->ExpectShapes(bound.session, kChannels, {-1, kHeads, kStates, kHeadSize});
  for (const int64_t tokens : {1, 7, 130}) {
    auto x = random.Normal<TypeParam>(kBatch * tokens * kChannels, 1);
    auto z = random.Normal<TypeParam>(kBatch * tokens * kChannels, 1);
    auto dt = random.Normal<TypeParam>(kBatch * tokens * kHeads, 1, -2);
    auto b = random.Normal<TypeParam>(kBatch * tokens * kGroups * kStates, 1);
    auto c = random.Normal<TypeParam>(kBatch * tokens * kGroups * kStates, 1);
    auto state = random.Normal<float>(kBatch * kStates * kChannels, 1);
    std::vector<TypeParam> y(x.size());
    StateSpaceDualArguments<TypeParam> arguments{};
    arguments.x = {x.data(), kChannels};
    arguments.dt = {dt.data(), kHeads};
    arguments.a = a.data();
    arguments.b = {b.data(), kGroups * kStates};
    arguments.c = {c.data(), kGroups * kStates};
    arguments.z = {z.data(), kChannels};
    arguments.dt_bias = bias.data();
    arguments.past_state = state.data();
    arguments.batch = kBatch;
    arguments.tokens = tokens;
    arguments.heads = kHeads;
    arguments.head_size = kHeadSize;
    arguments.groups = kGroups;
    arguments.state_size = kStates;
    arguments.dt_max = 0.75f;
    arguments.dt_softplus = true;
    const auto exact = reference::StateSpaceDual(arguments);
    bound.Input("x", x, {kBatch, tokens, kChannels});
    bound.Input("dt", dt, {kBatch, tokens, kHeads});
    bound.Input("b", b, {kBatch, tokens, kGroups * kStates});
    bound.Input("c", c, {kBatch, tokens, kGroups * kStates});
    bound.Input("z", z, {kBatch, tokens, kChannels});
    bound.Input("past_state", state, {kBatch, kHeads, kStates, kHeadSize});
    bound.Output("y", y, {kBatch, tokens, kChannels});
    bound.Output("present_state", state, {kBatch, kHeads, kStates, kHeadSize});
    bound.session.Run();
    EXPECT_LE(GreatestError(y, exact.y, kBatch, tokens, kChannels), OutputTolerance<TypeParam>()) << tokens;
    EXPECT_LE(GreatestError(state, exact.state, kBatch * kHeads, kStates, kHeadSize), 1e-5) << tokens;
  }
}

TYPED_TEST(InRuntime, CausalConv1dMatchesTheReferenceWithConstantAndVariableWeights) {
  constexpr int64_t kChannels = 45;
  RandomTensors random(3);
  const int32_t type = TypeOf<TypeParam>();
  for (const int64_t width : {1, 4}) {
    for (const bool constant : {false, true}) {
      auto weight = random.Normal<float>(kChannels * width, 1);
      Bound bound({"edgefleet",
                   "CausalConv1d",
                   {{"activation", "silu"}},
                   {Activation("input", type, kChannels),
                    constant ? Constant("weight", weight, {kChannels, width}) : GraphValue{"weight", kFloatType, {kChannels, width}},
                    {}, {"past_window", type, {"batch", width - 1, kChannels}}},
                   {{"output", type, {}}, {"present_window", type, {}}}});
      this->ExpectShapes(bound.session, kChannels, {-1, width - 1, kChannels});
      for (const int64_t tokens : {1, 50}) {
        auto input = random.Normal<TypeParam>(kBatch * tokens * kChannels, 1);
        auto window = random.Normal<TypeParam>(kBatch * (width - 1) * kChannels, 1);
        std::vector<TypeParam> y(input.size());
        CausalConv1dArguments<TypeParam> arguments{};
        arguments.input = {input.data(), kChannels};
        arguments.weight = weight.data();
        arguments.past_window = window.data();
        arguments.batch = kBatch;
        arguments.tokens = tokens;
        arguments.channels = kChannels;
        arguments.width = static_cast<int>(width);
        arguments.silu = true;
        const auto exact = reference::CausalConv1d(arguments);
        bound.Input("input", input, {kBatch, tokens, kChannels});
        if (!constant) bound.Input("weight", weight, {kChannels, width});
        bound.Input("past_window", window, {kBatch, width - 1, kChannels});
        bound.Output("output", y, {kBatch, tokens, kChannels});
        bound.Output("present_window", window, {kBatch, width - 1, kChannels});
        bound.session.Run();
        EXPECT_LE(GreatestError(y, exact.y, kBatch, tokens, kChannels), OutputTolerance<TypeParam>()) << tokens;
        for (size_t i = 0; i < window.size(); ++i) ASSERT_EQ(reference::Value(window[i]), exact.state[i]);
      }
    }
  }
}

/// The sizes of a Mamba-2 mixer whose gate, x, B, C and dt lie in one tensor, with channels before and behind them that nothing reads.
constexpr int64_t kMixerHeads = 6;
constexpr int64_t kMixerGroups = 2;
constexpr int64_t kMixerHeadSize = 20;
constexpr int64_t kMixerStates = 24;
constexpr int64_t kMixerInner = kMixerHeads * kMixerHeadSize;
constexpr int64_t kMixerChannels = kMixerInner + 2 * kMixerGroups * kMixerStates;
constexpr int64_t kMixerWidth = 4;
constexpr int64_t kGateOffset = 3;
constexpr int64_t kConvOffset = kGateOffset + kMixerInner;
constexpr int64_t kDtOffset = kConvOffset + kMixerChannels;
constexpr int64_t kMixerPacked = kDtOffset + kMixerHeads + 2;

/// Parameters and state of a mixer.
template <typename T>
struct Mixer {
  explicit Mixer(RandomTensors& random)
      : weight(random.Normal<float>(kMixerChannels * kMixerWidth, 1)),
        bias(random.Normal<float>(kMixerChannels, 1)),
        a(random.Uniform<float>(kMixerHeads, -16, -0.05)),
        d(random.Normal<float>(kMixerHeads, 1)),
        dt_bias(random.Normal<float>(kMixerHeads, 1)),
        window(random.Normal<T>(kBatch * (kMixerWidth - 1) * kMixerChannels, 1)),
        state(random.Normal<float>(kBatch * kMixerStates * kMixerInner, 1)) {}

  std::vector<float> weight, bias, a, d, dt_bias;
  std::vector<T> window;
  std::vector<float> state;
};

template <typename T>
GraphValue MixerWindow() {
  return {"past_window", TypeOf<T>(), {"batch", kMixerWidth - 1, kMixerChannels}};
}

GraphValue MixerState() { return {"past_state", kFloatType, {"batch", kMixerHeads, kMixerStates, kMixerHeadSize}}; }

/// A mixer by `ConvStateSpaceDual`.
template <typename T>
class FusedMixer {
 public:
  FusedMixer(const Mixer<T>& mixer, bool gated, bool shares_arena = false) : bound(Node(mixer, gated), shares_arena) {}

  std::vector<T> Run(Mixer<T>& mixer, std::vector<T>& packed, int64_t tokens) {
    std::vector<T> y(static_cast<size_t>(kBatch * tokens * kMixerInner));
    bound.Input("packed", packed, {kBatch, tokens, kMixerPacked});
    bound.Input("past_window", mixer.window, {kBatch, kMixerWidth - 1, kMixerChannels});
    bound.Input("past_state", mixer.state, {kBatch, kMixerHeads, kMixerStates, kMixerHeadSize});
    bound.Output("y", y, {kBatch, tokens, kMixerInner});
    bound.Output("present_window", mixer.window, {kBatch, kMixerWidth - 1, kMixerChannels});
    bound.Output("present_state", mixer.state, {kBatch, kMixerHeads, kMixerStates, kMixerHeadSize});
    bound.session.Run();
    return y;
  }

  Bound bound;

 private:
  static GraphNode Node(const Mixer<T>& mixer, bool gated) {
    return {"edgefleet",
            "ConvStateSpaceDual",
            {{"activation", "silu"}, {"num_groups", kMixerGroups}, {"dt_softplus", int64_t{1}}, {"dt_max", 0.75f},
             {"input_offset", kConvOffset}, {"dt_offset", kDtOffset}, {"z_offset", kGateOffset}},
            {Activation("packed", TypeOf<T>(), kMixerPacked), {"packed"}, gated ? GraphValue{"packed"} : GraphValue{},
             Constant("weight", mixer.weight, {kMixerChannels, kMixerWidth}), Constant("bias", mixer.bias, {kMixerChannels}),
             Constant("A", mixer.a, {kMixerHeads}), Constant("D", mixer.d, {kMixerHeads}), Constant("dt_bias", mixer.dt_bias, {kMixerHeads}),
             MixerWindow<T>(), MixerState()},
            {{"y", TypeOf<T>(), {}}, {"present_window", TypeOf<T>(), {}}, {"present_state", kFloatType, {}}}};
  }
};

/// A mixer by `CausalConv1d` and `StateSpaceDual`.
template <typename T>
class SeparateMixer {
 public:
  SeparateMixer(const Mixer<T>& mixer, bool gated) : convolution_(Convolution(mixer)), recurrence_(Recurrence(mixer, gated)) {}

  std::vector<T> Run(Mixer<T>& mixer, std::vector<T>& packed, int64_t tokens) {
    std::vector<T> convolved(static_cast<size_t>(kBatch * tokens * kMixerChannels));
    convolution_.Input("packed", packed, {kBatch, tokens, kMixerPacked});
    convolution_.Input("past_window", mixer.window, {kBatch, kMixerWidth - 1, kMixerChannels});
    convolution_.Output("output", convolved, {kBatch, tokens, kMixerChannels});
    convolution_.Output("present_window", mixer.window, {kBatch, kMixerWidth - 1, kMixerChannels});
    convolution_.session.Run();
    std::vector<T> y(static_cast<size_t>(kBatch * tokens * kMixerInner));
    recurrence_.Input("convolved", convolved, {kBatch, tokens, kMixerChannels});
    recurrence_.Input("packed", packed, {kBatch, tokens, kMixerPacked});
    recurrence_.Input("past_state", mixer.state, {kBatch, kMixerHeads, kMixerStates, kMixerHeadSize});
    recurrence_.Output("y", y, {kBatch, tokens, kMixerInner});
    recurrence_.Output("present_state", mixer.state, {kBatch, kMixerHeads, kMixerStates, kMixerHeadSize});
    recurrence_.session.Run();
    return y;
  }

 private:
  static GraphNode Convolution(const Mixer<T>& mixer) {
    return {"edgefleet",
            "CausalConv1d",
            {{"activation", "silu"}, {"input_offset", kConvOffset}},
            {Activation("packed", TypeOf<T>(), kMixerPacked), Constant("weight", mixer.weight, {kMixerChannels, kMixerWidth}),
             Constant("bias", mixer.bias, {kMixerChannels}), MixerWindow<T>()},
            {{"output", TypeOf<T>(), {}}, {"present_window", TypeOf<T>(), {}}}};
  }

  static GraphNode Recurrence(const Mixer<T>& mixer, bool gated) {
    return {"edgefleet",
            "StateSpaceDual",
            {{"num_groups", kMixerGroups}, {"dt_softplus", int64_t{1}}, {"dt_max", 0.75f}, {"dt_offset", kDtOffset},
             {"b_offset", kMixerInner}, {"c_offset", kMixerInner + kMixerGroups * kMixerStates}, {"z_offset", kGateOffset}},
            {Activation("convolved", TypeOf<T>(), kMixerChannels), Activation("packed", TypeOf<T>(), kMixerPacked),
             Constant("A", mixer.a, {kMixerHeads}), {"convolved"}, {"convolved"}, Constant("D", mixer.d, {kMixerHeads}),
             gated ? GraphValue{"packed"} : GraphValue{}, Constant("dt_bias", mixer.dt_bias, {kMixerHeads}), MixerState()},
            {{"y", TypeOf<T>(), {}}, {"present_state", kFloatType, {}}}};
  }

  Bound convolution_;
  Bound recurrence_;
};

/// What a mixer gives in double precision, its convolved channels rounded to T: output and window, then output and state.
template <typename T>
std::pair<reference::Result, reference::Result> ExactMixer(const Mixer<T>& mixer, const std::vector<T>& packed, int64_t tokens, bool gated) {
  CausalConv1dArguments<T> convolution{};
  convolution.input = {packed.data() + kConvOffset, kMixerPacked};
  convolution.weight = mixer.weight.data();
  convolution.bias = mixer.bias.data();
  convolution.past_window = mixer.window.data();
  convolution.batch = kBatch;
  convolution.tokens = tokens;
  convolution.channels = kMixerChannels;
  convolution.width = static_cast<int>(kMixerWidth);
  convolution.silu = true;
  auto convolved_exact = reference::CausalConv1d(convolution);
  std::vector<T> convolved;
  for (const double value : convolved_exact.y) convolved.push_back(Stored<T>(value));
  StateSpaceDualArguments<T> recurrence{};
  recurrence.x = {convolved.data(), kMixerChannels};
  recurrence.dt = {packed.data() + kDtOffset, kMixerPacked};
  recurrence.a = mixer.a.data();
  recurrence.b = {convolved.data() + kMixerInner, kMixerChannels};
  recurrence.c = {convolved.data() + kMixerInner + kMixerGroups * kMixerStates, kMixerChannels};
  recurrence.d = mixer.d.data();
  if (gated) recurrence.z = {packed.data() + kGateOffset, kMixerPacked};
  recurrence.dt_bias = mixer.dt_bias.data();
  recurrence.past_state = mixer.state.data();
  recurrence.batch = kBatch;
  recurrence.tokens = tokens;
  recurrence.heads = kMixerHeads;
  recurrence.head_size = kMixerHeadSize;
  recurrence.groups = kMixerGroups;
  recurrence.state_size = kMixerStates;
  recurrence.dt_max = 0.75f;
  recurrence.dt_softplus = true;
  return {std::move(convolved_exact), reference::StateSpaceDual(recurrence)};
}

// Prefill, a chunk behind it and steps, each from what the one before it left in place.
TYPED_TEST(InRuntime, ConvStateSpaceDualMatchesTheReferenceAndTheTwoOperatorsInPlace) {
  RandomTensors random(5);
  for (const bool gated : {false, true}) {
    Mixer<TypeParam> mixer(random);
    Mixer<TypeParam> same = mixer;
    FusedMixer<TypeParam> fused(mixer, gated);
    SeparateMixer<TypeParam> separate(mixer, gated);
    this->ExpectShapes(fused.bound.session, kMixerInner, {-1, kMixerWidth - 1, kMixerChannels});
    if (!IsOldest()) {
      EXPECT_EQ(fused.bound.session.OutputShape(2), (std::vector<int64_t>{-1, kMixerHeads, kMixerStates, kMixerHeadSize}));
    }
    for (const int64_t tokens : {130, 7, 1, 1, 1, 2}) {
      auto packed = random.Normal<TypeParam>(kBatch * tokens * kMixerPacked, 1);
      const auto [convolution, recurrence] = ExactMixer(mixer, packed, tokens, gated);
      const auto y = fused.Run(mixer, packed, tokens);
      EXPECT_LE(GreatestError(y, recurrence.y, kBatch, tokens, kMixerInner), OutputTolerance<TypeParam>()) << tokens;
      for (size_t i = 0; i < mixer.window.size(); ++i) ASSERT_EQ(reference::Value(mixer.window[i]), convolution.state[i]) << tokens;
      // Over all of a sequence's state: a column whose x is near 0, a sum that cancels, has no scale of its own. A convolved channel on the border
      // of two float16 may be rounded to either.
      EXPECT_LE(GreatestError(mixer.state, recurrence.state, kBatch, 1, kMixerStates * kMixerInner), sizeof(TypeParam) == sizeof(float) ? 1e-5 : 5e-3)
          << tokens;
      EXPECT_EQ(Bytes(y), Bytes(separate.Run(same, packed, tokens))) << tokens;
      EXPECT_EQ(Bytes(mixer.window), Bytes(same.window)) << tokens;
      EXPECT_EQ(Bytes(mixer.state), Bytes(same.state)) << tokens;
    }
  }
}

// The arena's allocator throws an exception of the runtime's: it has to pass through the operators' frames and come back as an error.
TEST(InRuntimeFloat, AnArenaThatEndsIsAnErrorAndNotTheEndOfTheProcess) {
  constexpr size_t kArenaBytes = 1 << 20;
  OnnxRuntime().MakeSharedArena(kArenaBytes);
  RandomTensors random(6);
  Mixer<float> mixer(random);
  FusedMixer<float> fused(mixer, false, true);
  constexpr int64_t kTokens = kArenaBytes / (kMixerChannels * static_cast<int64_t>(sizeof(float)));
  auto packed = random.Normal<float>(kBatch * kTokens * kMixerPacked, 1);
  try {
    fused.Run(mixer, packed, kTokens);
    FAIL() << "the workspace was found";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::AnyOf(testing::HasSubstr("Failed to allocate memory"), testing::HasSubstr("smaller than requested bytes")));
  }
  auto token = random.Normal<float>(kBatch * kMixerPacked, 1);
  EXPECT_THAT(fused.Run(mixer, token, 1), testing::Each(testing::Truly([](float y) { return std::isfinite(y); })));
}

TEST(InRuntimeFloat, RmsNormMatchesTheReferenceWithAndWithoutItsSecondOutput) {
  constexpr int64_t kChannels = 48;
  constexpr int64_t kTokens = 9;
  RandomTensors random(4);
  auto weight = random.Normal<float>(kChannels, 1);
  for (const bool with_sum : {false, true}) {
    std::vector<GraphValue> outputs{{"y", kFloatType, {}}};
    if (with_sum) outputs.push_back({"sum", kFloatType, {}});
    Bound bound({"edgefleet",
                 "RmsNorm",
                 {{"channels", kChannels}, {"num_groups", int64_t{3}}, {"gate_offset", int64_t{2}}},
                 {Activation("x", kFloatType, kChannels), Constant("weight", weight, {kChannels}),
                  Activation("gate", kFloatType, kChannels + 2), Activation("skip", kFloatType, kChannels)},
                 outputs});
    if (!IsOldest()) {
      EXPECT_EQ(bound.session.OutputSymbols(0), (std::vector<std::string>{"batch", "tokens", ""}));
    }
    auto x = random.Normal<float>(kBatch * kTokens * kChannels, 1);
    auto gate = random.Normal<float>(kBatch * kTokens * (kChannels + 2), 1);
    auto skip = random.Normal<float>(kBatch * kTokens * kChannels, 1);
    std::vector<float> y(x.size());
    std::vector<float> sum(x.size());
    RmsNormArguments arguments{{x.data(), kChannels}, weight.data(), {gate.data() + 2, kChannels + 2}, skip.data(), nullptr, nullptr,
                               kBatch * kTokens,      kChannels,     3,                                1e-5f,       false};
    const auto exact = reference::RmsNorm(arguments);
    bound.Input("x", x, {kBatch, kTokens, kChannels});
    bound.Input("gate", gate, {kBatch, kTokens, kChannels + 2});
    bound.Input("skip", skip, {kBatch, kTokens, kChannels});
    bound.Output("y", y, {kBatch, kTokens, kChannels});
    if (with_sum) bound.Output("sum", sum, {kBatch, kTokens, kChannels});
    bound.session.Run();
    EXPECT_LE(GreatestError(y, exact.y, kBatch, kTokens, kChannels), 1e-5);
    if (with_sum) {
      EXPECT_LE(GreatestError(sum, exact.state, kBatch, kTokens, kChannels), 1e-6);
    }
  }
}

TEST(InRuntimeFloat, GatedActivationHalvesTheLastDimension) {
  std::vector<float> x{0, 1, 2, -1, 5, 6, 7, 8};
  Bound bound({"edgefleet", "GatedActivation", {}, {{"x", kFloatType, {"batch", "tokens", int64_t{8}}}}, {{"y", kFloatType, {}}}});
  EXPECT_EQ(bound.session.OutputShape(0)[2], 4);
  std::vector<float> y(4);
  bound.Input("x", x, {1, 1, 8});
  bound.Output("y", y, {1, 1, 4});
  bound.session.Run();
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(y[i], reference::Silu(x[i]) * x[4 + i], 1e-6);
}

constexpr int64_t kHeads = 4;
constexpr int64_t kKvHeads = 2;
constexpr int64_t kHeadSize = 16;
constexpr int64_t kCapacity = 12;
constexpr int64_t kPackedWidth = (kHeads + 2 * kKvHeads) * kHeadSize;

/// Attention over packed queries, keys and values with rotation, one graph for all lengths, by the operator of a domain.
class GroupQueryAttention {
 public:
  explicit GroupQueryAttention(const char* domain) : bound_(Node(domain)), keys_(kCells), values_(kCells) {}

  /// Appends the tokens of `packed` behind `past` and answers the output.
  std::vector<float> Run(std::vector<float> packed, int32_t past) {
    const int64_t tokens = static_cast<int64_t>(packed.size()) / kPackedWidth;
    std::vector<int32_t> total{past + static_cast<int32_t>(tokens)};
    std::vector<int32_t> last{total[0] - 1};
    std::vector<float> output(static_cast<size_t>(tokens * kHeads * kHeadSize));
    bound_.Input("packed", packed, {1, tokens, kPackedWidth});
    bound_.Input("past_key", keys_, {1, kKvHeads, kCapacity, kHeadSize});
    bound_.Input("past_value", values_, {1, kKvHeads, kCapacity, kHeadSize});
    bound_.Input("last", last, {1});
    bound_.Input("total", total, {1});
    bound_.Output("output", output, {1, tokens, kHeads * kHeadSize});
    bound_.Output("present_key", keys_, {1, kKvHeads, kCapacity, kHeadSize});
    bound_.Output("present_value", values_, {1, kKvHeads, kCapacity, kHeadSize});
    bound_.session.Run();
    return output;
  }

 private:
  static constexpr size_t kCells = kKvHeads * kCapacity * kHeadSize;

  static GraphNode Node(const char* domain) {
    std::vector<float> cos;
    std::vector<float> sin;
    for (int64_t i = 0; i < kCapacity * kHeadSize / 2; ++i) {
      cos.push_back(std::cos(static_cast<float>(i)));
      sin.push_back(std::sin(static_cast<float>(i)));
    }
    const auto cache = [](const char* name) { return GraphValue{name, kFloatType, {int64_t{1}, kKvHeads, kCapacity, kHeadSize}}; };
    return {domain,
            "GroupQueryAttention",
            {{"num_heads", kHeads}, {"kv_num_heads", kKvHeads}, {"do_rotary", int64_t{1}}},
            {{"packed", kFloatType, {int64_t{1}, "tokens", kPackedWidth}}, {}, {}, cache("past_key"), cache("past_value"),
             {"last", kInt32Type, {int64_t{1}}}, {"total", kInt32Type, {int64_t{1}}}, Constant("cos", cos, {kCapacity, kHeadSize / 2}),
             Constant("sin", sin, {kCapacity, kHeadSize / 2})},
            {{"output", kFloatType, {}}, {"present_key", kFloatType, {}}, {"present_value", kFloatType, {}}}};
  }

  Bound bound_;
  std::vector<float> keys_;
  std::vector<float> values_;
};

TEST(GroupQueryAttentionInRuntime, IsTheRuntimesOwnOnTheCpu) {
  RandomTensors random(3);
  GroupQueryAttention own("edgefleet");
  GroupQueryAttention runtimes("com.microsoft");
  int32_t past = 0;
  for (const int32_t tokens : {5, 1, 1}) {
    const auto packed = random.Normal<float>(tokens * kPackedWidth, 1);
    const auto output = own.Run(packed, past);
    EXPECT_EQ(output, runtimes.Run(packed, past));
    EXPECT_THAT(output, testing::Each(testing::Truly([](float x) { return std::isfinite(x) && x != 0.0f; })));
    past += tokens;
  }
}

TEST(GroupQueryAttentionInRuntime, RefusesTokensThatTheCacheDoesNotHold) {
  RandomTensors random(4);
  GroupQueryAttention attention("edgefleet");
  attention.Run(random.Normal<float>(kCapacity * kPackedWidth, 1), 0);
  try {
    attention.Run(random.Normal<float>(kPackedWidth, 1), kCapacity);
    FAIL() << "13 tokens were taken";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("edgefleet.GroupQueryAttention: input 6 'total_sequence_length' is 13; expected at most 12"));
  }
}

/// The message of loading or running `node`; empty when neither fails. `outputs` has the shapes of the outputs' memory, one of 16 elements where it ends.
std::string MessageOf(const GraphNode& node, const std::vector<std::pair<const char*, std::vector<int64_t>>>& inputs,
                      const std::vector<std::vector<int64_t>>& outputs = {}) {
  std::vector<std::vector<float>> data;
  try {
    Bound bound(node);
    data.reserve(inputs.size() + node.outputs.size());
    const auto memory = [&](const std::vector<int64_t>& shape) -> std::vector<float>& {
      int64_t size = 1;
      for (const int64_t dimension : shape) size *= dimension;
      return data.emplace_back(static_cast<size_t>(size));
    };
    for (const auto& [name, shape] : inputs) bound.Input(name, memory(shape), shape);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const std::vector<int64_t> shape = i < outputs.size() ? outputs[i] : std::vector<int64_t>{1, 2, 8};
      bound.Output(node.outputs[i].name.c_str(), memory(shape), shape);
    }
    bound.session.Run();
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

GraphNode NormNode(std::vector<harness::GraphAttribute> attributes) {
  return {"edgefleet",
          "RmsNorm",
          std::move(attributes),
          {{"x", kFloatType, {"batch", "tokens", "channels"}}, {"weight", kFloatType, {"weights"}}},
          {{"y", kFloatType, {}}}};
}

TEST(InRuntimeErrors, NameOperatorInputFoundAndExpected) {
  const auto has = [](const char* text) { return testing::HasSubstr(text); };
  EXPECT_THAT(MessageOf(NormNode({{"channels", int64_t{8}}}), {{"x", {1, 2, 6}}, {"weight", {8}}}),
              has("edgefleet.RmsNorm: input 0 'x' has shape [1, 2, 6]; expected [>= 1, >= 1, >= 8]."));
  EXPECT_THAT(MessageOf(NormNode({{"channels", int64_t{8}}}), {{"x", {1, 2, 8}}, {"weight", {7}}}),
              has("edgefleet.RmsNorm: input 1 'weight' has shape [7]; expected [8]."));
}

TEST(InRuntimeErrors, NameWhatOfAMixerDoesNotFit) {
  const auto node = [](std::vector<harness::GraphAttribute> attributes) {
    return GraphNode{"edgefleet",
                     "ConvStateSpaceDual",
                     std::move(attributes),
                     {Activation("packed", kFloatType, 12), {"packed"}, {}, {"weight", kFloatType, {"rows", "taps"}}, {}, {"A", kFloatType, {"heads"}}, {}, {},
                      {"past_window", kFloatType, {"batch", "kept", "channels"}}, {"past_state", kFloatType, {"batch", "heads", "states", "size"}}},
                     {{"y", kFloatType, {}}, {"present_window", kFloatType, {}}, {"present_state", kFloatType, {}}}};
  };
  const auto message = [&](std::vector<harness::GraphAttribute> attributes, std::vector<int64_t> weight, std::vector<int64_t> window) {
    return MessageOf(node(std::move(attributes)),
                     {{"packed", {1, 2, 12}}, {"weight", std::move(weight)}, {"A", {2}}, {"past_window", window}, {"past_state", {1, 2, 2, 2}}},
                     {{1, 2, 4}, window, {1, 2, 2, 2}});
  };
  const auto has = [](const char* text) { return testing::HasSubstr(text); };
  // Two heads of two channels, B and C of one group of two states: eight channels.
  EXPECT_THAT(message({{"num_groups", int64_t{3}}}, {8, 4}, {1, 3, 8}), has("edgefleet.ConvStateSpaceDual: input 5 'A' has shape [2]; expected a multiple of num_groups, 3."));
  EXPECT_THAT(message({}, {7, 4}, {1, 3, 8}), has("input 3 'weight' has shape [7, 4]; expected [8, >= 1]."));
  EXPECT_THAT(message({{"input_offset", int64_t{5}}}, {8, 4}, {1, 3, 8}), has("input 0 'input' has shape [1, 2, 12]; expected [1, >= 1, >= 13]."));
  EXPECT_THAT(message({}, {8, 4}, {1, 2, 8}), has("input 8 'past_window' has shape [1, 2, 8]; expected [1, 3, 8]."));
  EXPECT_THAT(message({}, {8, 17}, {1, 16, 8}), has("input 3 'weight' has shape [8, 17]; expected at most 16 taps."));
  EXPECT_THAT(message({{"dt_min", 2.0f}, {"dt_max", 1.0f}}, {8, 4}, {1, 3, 8}), has("attribute 'dt_min' is 2.000000; expected at most dt_max, 1.000000."));
}

TEST(InRuntimeErrors, NameAttributesThatAreMissingOrOutOfRangeOrOfAnotherType) {
  const auto has = [](const char* text) { return testing::HasSubstr(text); };
  EXPECT_THAT(MessageOf(NormNode({}), {}),
              has("edgefleet.RmsNorm: attribute 'channels' is nothing; expected an integer from 1"));
  EXPECT_THAT(MessageOf(NormNode({{"channels", int64_t{-3}}}), {}),
              has("attribute 'channels' is -3; expected an integer from 1"));
  EXPECT_THAT(MessageOf(NormNode({{"channels", int64_t{8}}, {"num_groups", int64_t{3}}}), {}),
              has("attribute 'num_groups' is 3; expected a divisor of channels, 8."));
  EXPECT_THAT(MessageOf(NormNode({{"channels", int64_t{8}}, {"epsilon", std::string("x")}}), {}),
              has("attribute 'epsilon' is"));
  const GraphNode activation{
      "edgefleet", "GatedActivation", {{"activation", "relu"}}, {{"x", kFloatType, {"b", "t", int64_t{2}}}}, {{"y", kFloatType, {}}}};
  EXPECT_THAT(MessageOf(activation, {}),
              has("attribute 'activation' is 'relu'; expected one of 'silu' 'gelu' 'gelu_tanh'."));
}

TEST(InRuntimeErrors, Bfloat16IsNotOfferedOnTheCpu) {
  constexpr int32_t kBFloat16Type = 16;
  const GraphNode activation{"edgefleet", "GatedActivation", {}, {{"x", kBFloat16Type, {"b", "t", int64_t{8}}}}, {{"y", kBFloat16Type, {}}}};
  EXPECT_THAT(MessageOf(activation, {}), testing::AllOf(testing::HasSubstr("tensor(bfloat16)"), testing::HasSubstr("GatedActivation")));
}

}  // namespace
}  // namespace edgefleet
