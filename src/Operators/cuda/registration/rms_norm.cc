#include "cuda/registration/rms_norm.h"

#include "cuda/registration/start.h"
#include "registration/packed_input.h"
#include "rms_norm/rms_norm.h"

namespace edgefleet {
namespace {

using namespace rms_norm;

template <typename T>
class CudaRmsNormKernel final : public Kernel {
 public:
  explicit CudaRmsNormKernel(const NodeAttributes& attributes)
      : channels_(attributes.RequiredInt("channels", 1)),
        groups_(attributes.Int("num_groups", 1, 1)),
        epsilon_(attributes.Float("epsilon", 1e-5f)),
        norm_before_gate_(attributes.Flag("norm_before_gate")),
        x_offset_(attributes.Int("x_offset", 0)),
        gate_offset_(attributes.Int("gate_offset", 0)) {
    if (channels_ % groups_ != 0) {
      attributes.Fail("num_groups", std::to_string(groups_), "a divisor of channels, " + std::to_string(channels_));
    }
    if (epsilon_ < 0) attributes.Fail("epsilon", std::to_string(epsilon_), "a number that is not negative");
  }

  void Compute(KernelContext& context) const override {
    const Tensor x = context.Input(kX, {AtLeast(1), AtLeast(1), AtLeast(x_offset_ + channels_)});
    const int64_t batch = x.shape[0];
    const int64_t tokens = x.shape[1];
    const Rows<T> gate = PackedInput<T>(context, kGate, batch, tokens, gate_offset_, channels_);
    cuda::RmsNormArguments<T> arguments{};
    arguments.x = x.As<T>() + x_offset_;
    arguments.x_stride = x.shape.last();
    arguments.weight = context.Input(kWeight, {Exactly(channels_)}).template As<float>();
    arguments.gate = gate.data;
    arguments.gate_stride = gate.stride;
    arguments.skip = context.Input(kSkip, {Exactly(batch), Exactly(tokens), Exactly(channels_)}).template As<T>();
    arguments.y = context.Output<T>(kY, {batch, tokens, channels_});
    arguments.sum = context.Output<T>(kSum, {batch, tokens, channels_});
    arguments.rows = batch * tokens;
    arguments.channels = static_cast<int>(channels_);
    arguments.groups = static_cast<int>(groups_);
    arguments.epsilon = epsilon_;
    arguments.norm_before_gate = norm_before_gate_;
    Start(context, &cuda::RmsNorm<T>, arguments);
  }

 private:
  int64_t channels_;
  int64_t groups_;
  float epsilon_;
  bool norm_before_gate_;
  int64_t x_offset_;
  int64_t gate_offset_;
};

}  // namespace

CudaRmsNorm::CudaRmsNorm(ONNXTensorElementDataType activations)
    : RmsNormContract(activations, kCudaProvider), activations_(activations) {}

std::unique_ptr<Kernel> CudaRmsNorm::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaRmsNormKernel>(activations_, attributes);
}

}  // namespace edgefleet
