#include "rms_norm/definition.h"

#include "registration/packed_input.h"
#include "rms_norm/kernel.h"
#include "simd/isa.h"

namespace edgefleet {
namespace {

using namespace rms_norm;

class RmsNormKernel final : public Kernel {
 public:
  explicit RmsNormKernel(const NodeAttributes& attributes)
      : channels_(attributes.RequiredInt("channels", 1)),
        groups_(attributes.Int("num_groups", 1, 1)),
        epsilon_(attributes.Float("epsilon", 1e-5f)),
        norm_before_gate_(attributes.Flag("norm_before_gate")),
        x_offset_(attributes.Int("x_offset", 0)),
        gate_offset_(attributes.Int("gate_offset", 0)),
        compute_(SelectRmsNorm(CurrentIsa())) {
    if (channels_ % groups_ != 0) {
      attributes.Fail("num_groups", std::to_string(groups_), "a divisor of channels, " + std::to_string(channels_));
    }
    if (epsilon_ < 0) attributes.Fail("epsilon", std::to_string(epsilon_), "a number that is not negative");
  }

  void Compute(KernelContext& context) const override {
    const Tensor x = context.Input(kX, {AtLeast(1), AtLeast(1), AtLeast(x_offset_ + channels_)});
    const int64_t batch = x.shape[0];
    const int64_t tokens = x.shape[1];
    RmsNormArguments arguments{};
    arguments.x = {x.As<float>() + x_offset_, x.shape.last()};
    arguments.weight = context.Input(kWeight, {Exactly(channels_)}).As<float>();
    arguments.gate = PackedInput<float>(context, kGate, batch, tokens, gate_offset_, channels_);
    arguments.skip = context.Input(kSkip, {Exactly(batch), Exactly(tokens), Exactly(channels_)}).As<float>();
    arguments.y = context.Output<float>(kY, {batch, tokens, channels_});
    arguments.sum = context.Output<float>(kSum, {batch, tokens, channels_});
    arguments.rows = batch * tokens;
    arguments.channels = channels_;
    arguments.groups = groups_;
    arguments.epsilon = epsilon_;
    arguments.norm_before_gate = norm_before_gate_;
    compute_(arguments, context.parallel_for());
  }

 private:
  int64_t channels_;
  int64_t groups_;
  float epsilon_;
  bool norm_before_gate_;
  int64_t x_offset_;
  int64_t gate_offset_;
  RmsNormSignature* compute_;
};

}  // namespace

RmsNormDefinition::RmsNormDefinition() : RmsNormContract(kFloat) {}

std::unique_ptr<Kernel> RmsNormDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<RmsNormKernel>(attributes);
}

}  // namespace edgefleet
