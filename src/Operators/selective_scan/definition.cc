#include "selective_scan/definition.h"

#include "registration/packed_input.h"
#include "selective_scan/kernel.h"
#include "simd/isa.h"

namespace edgefleet {
namespace {

using namespace selective_scan;

template <typename T>
class SelectiveScanKernel final : public Kernel {
 public:
  explicit SelectiveScanKernel(const NodeAttributes& attributes)
      : delta_softplus_(attributes.Flag("delta_softplus")),
        u_offset_(attributes.Int("u_offset", 0)),
        delta_offset_(attributes.Int("delta_offset", 0)),
        b_offset_(attributes.Int("b_offset", 0)),
        c_offset_(attributes.Int("c_offset", 0)),
        z_offset_(attributes.Int("z_offset", 0)) {
    if constexpr (sizeof(T) == sizeof(float)) {
      compute_ = SelectSelectiveScanFloat(CurrentIsa());
    } else {
      compute_ = SelectSelectiveScanHalf(CurrentIsa());
    }
  }

  void Compute(KernelContext& context) const override {
    const Tensor a = context.Input(kA, {AtLeast(1), AtLeast(1)});
    const int64_t state_size = a.shape[0];
    const int64_t channels = a.shape[1];
    const Tensor u = context.Input(kU, {AtLeast(1), AtLeast(1), AtLeast(u_offset_ + channels)});
    const int64_t batch = u.shape[0];
    const int64_t tokens = u.shape[1];
    SelectiveScanArguments<T> arguments{};
    arguments.u = {u.As<T>() + u_offset_, u.shape.last()};
    arguments.delta = PackedInput<T>(context, kDelta, batch, tokens, delta_offset_, channels);
    arguments.a = a.As<float>();
    arguments.b = PackedInput<T>(context, kB, batch, tokens, b_offset_, state_size);
    arguments.c = PackedInput<T>(context, kC, batch, tokens, c_offset_, state_size);
    arguments.d = context.Input(kD, {Exactly(channels)}).template As<float>();
    arguments.z = PackedInput<T>(context, kZ, batch, tokens, z_offset_, channels);
    arguments.delta_bias = context.Input(kDeltaBias, {Exactly(channels)}).template As<float>();
    arguments.past_state = context.Input(kPastState, {Exactly(batch), Exactly(state_size), Exactly(channels)}).template As<float>();
    arguments.y = context.Output<T>(kY, {batch, tokens, channels});
    arguments.present_state = context.Output<float>(kPresentState, {batch, state_size, channels});
    arguments.batch = batch;
    arguments.tokens = tokens;
    arguments.channels = channels;
    arguments.state_size = state_size;
    arguments.delta_softplus = delta_softplus_;
    compute_(arguments, context.parallel_for());
  }

 private:
  bool delta_softplus_;
  int64_t u_offset_;
  int64_t delta_offset_;
  int64_t b_offset_;
  int64_t c_offset_;
  int64_t z_offset_;
  void (*compute_)(const SelectiveScanArguments<T>&, const ParallelFor&);
};

}  // namespace

SelectiveScanDefinition::SelectiveScanDefinition(ONNXTensorElementDataType activations)
    : SelectiveScanContract(activations), activations_(activations) {}

std::unique_ptr<Kernel> SelectiveScanDefinition::MakeKernel(const NodeAttributes& attributes) const {
  if (activations_ == kHalf) return std::make_unique<SelectiveScanKernel<Half>>(attributes);
  return std::make_unique<SelectiveScanKernel<float>>(attributes);
}

}  // namespace edgefleet
