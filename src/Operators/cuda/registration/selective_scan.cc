#include "cuda/registration/selective_scan.h"

#include "cuda/registration/start.h"
#include "registration/packed_input.h"
#include "selective_scan/selective_scan.h"

namespace edgefleet {
namespace {

using namespace selective_scan;

template <typename T>
cudaError_t Launch(const cuda::SelectiveScanArguments<T>& arguments, cudaStream_t stream) {
  return cuda::SelectiveScan(arguments, stream);
}

template <typename T>
class CudaSelectiveScanKernel final : public Kernel {
 public:
  explicit CudaSelectiveScanKernel(const NodeAttributes& attributes)
      : delta_softplus_(attributes.Flag("delta_softplus")),
        u_offset_(attributes.Int("u_offset", 0)),
        delta_offset_(attributes.Int("delta_offset", 0)),
        b_offset_(attributes.Int("b_offset", 0)),
        c_offset_(attributes.Int("c_offset", 0)),
        z_offset_(attributes.Int("z_offset", 0)) {}

  void Compute(KernelContext& context) const override {
    const Tensor a = context.Input(kA, {AtLeast(1), AtLeast(1)});
    const int64_t states = a.shape[0];
    const int64_t channels = a.shape[1];
    if (states > cuda::kMaximumScanStates) {
      context.Fail(a, "has shape " + a.shape.ToString(), "at most " + std::to_string(cuda::kMaximumScanStates) + " states on CUDA");
    }
    const Tensor u = context.Input(kU, {AtLeast(1), AtLeast(1), AtLeast(u_offset_ + channels)});
    const int64_t batch = u.shape[0];
    const int64_t tokens = u.shape[1];
    const Rows<T> delta = PackedInput<T>(context, kDelta, batch, tokens, delta_offset_, channels);
    const Rows<T> b = PackedInput<T>(context, kB, batch, tokens, b_offset_, states);
    const Rows<T> c = PackedInput<T>(context, kC, batch, tokens, c_offset_, states);
    const Rows<T> z = PackedInput<T>(context, kZ, batch, tokens, z_offset_, channels);
    cuda::SelectiveScanArguments<T> arguments{};
    arguments.u = u.As<T>() + u_offset_;
    arguments.delta = delta.data;
    arguments.a = a.As<float>();
    arguments.b = b.data;
    arguments.c = c.data;
    arguments.d = context.Input(kD, {Exactly(channels)}).template As<float>();
    arguments.z = z.data;
    arguments.delta_bias = context.Input(kDeltaBias, {Exactly(channels)}).template As<float>();
    arguments.past_state = context.Input(kPastState, {Exactly(batch), Exactly(states), Exactly(channels)}).template As<float>();
    arguments.y = context.Output<T>(kY, {batch, tokens, channels});
    arguments.present_state = context.Output<float>(kPresentState, {batch, states, channels});
    arguments.u_stride = u.shape.last();
    arguments.delta_stride = delta.stride;
    arguments.b_stride = b.stride;
    arguments.c_stride = c.stride;
    arguments.z_stride = z.stride;
    arguments.batch = batch;
    arguments.length = tokens;
    arguments.channels = Narrow(context, a, channels);
    arguments.states = static_cast<int>(states);
    arguments.delta_softplus = delta_softplus_;
    Start(context, &Launch<T>, arguments);
  }

 private:
  bool delta_softplus_;
  int64_t u_offset_;
  int64_t delta_offset_;
  int64_t b_offset_;
  int64_t c_offset_;
  int64_t z_offset_;
};

}  // namespace

CudaSelectiveScan::CudaSelectiveScan(ONNXTensorElementDataType activations)
    : SelectiveScanContract(activations, kCudaProvider), activations_(activations) {}

std::unique_ptr<Kernel> CudaSelectiveScan::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaSelectiveScanKernel>(activations_, attributes);
}

}  // namespace edgefleet
