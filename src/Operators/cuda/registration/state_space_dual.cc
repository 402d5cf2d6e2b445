#include "cuda/registration/state_space_dual.h"

#include <limits>

#include "cuda/registration/device_scratch.h"
#include "cuda/registration/start.h"
#include "registration/packed_input.h"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet {
namespace {

using namespace state_space_dual;

template <typename T>
cudaError_t Launch(const cuda::StateSpaceDualArguments<T>& arguments, cudaStream_t stream) {
  return cuda::StateSpaceDual(arguments, stream);
}

template <typename T>
class CudaStateSpaceDualKernel final : public Kernel {
 public:
  explicit CudaStateSpaceDualKernel(const NodeAttributes& attributes)
      : groups_(attributes.Int("num_groups", 1, 1)),
        dt_softplus_(attributes.Flag("dt_softplus")),
        dt_min_(attributes.Float("dt_min", 0.0f)),
        dt_max_(attributes.Float("dt_max", std::numeric_limits<float>::max())),
        x_offset_(attributes.Int("x_offset", 0)),
        dt_offset_(attributes.Int("dt_offset", 0)),
        b_offset_(attributes.Int("b_offset", 0)),
        c_offset_(attributes.Int("c_offset", 0)),
        z_offset_(attributes.Int("z_offset", 0)) {
    if (dt_min_ > dt_max_) attributes.Fail("dt_min", std::to_string(dt_min_), "at most dt_max, " + std::to_string(dt_max_));
  }

  void Compute(KernelContext& context) const override {
    const Tensor a = context.Input(kA, {AtLeast(1)});
    const int64_t heads = a.shape[0];
    if (heads % groups_ != 0) {
      context.Fail(a, "has shape " + a.shape.ToString(), "a multiple of num_groups, " + std::to_string(groups_));
    }
    const Tensor past = context.Input(kPastState, {AtLeast(1), Exactly(heads), AtLeast(1), AtLeast(1)});
    const int64_t batch = past.shape[0];
    const int64_t states = past.shape[2];
    const int64_t head_size = past.shape[3];
    const int64_t channels = heads * head_size;
    if (states > cuda::kMaximumDualStates) {
      context.Fail(past, "has shape " + past.shape.ToString(), "at most " + std::to_string(cuda::kMaximumDualStates) + " states on CUDA");
    }
    const Tensor x = context.Input(kX, {Exactly(batch), AtLeast(1), AtLeast(x_offset_ + channels)});
    const int64_t tokens = x.shape[1];
    const Rows<T> dt = PackedInput<T>(context, kDt, batch, tokens, dt_offset_, heads);
    const Rows<T> b = PackedInput<T>(context, kB, batch, tokens, b_offset_, groups_ * states);
    const Rows<T> c = PackedInput<T>(context, kC, batch, tokens, c_offset_, groups_ * states);
    const Rows<T> z = PackedInput<T>(context, kZ, batch, tokens, z_offset_, channels);
    cuda::StateSpaceDualArguments<T> arguments{};
    arguments.x = x.As<T>() + x_offset_;
    arguments.dt = dt.data;
    arguments.a = a.As<float>();
    arguments.b = b.data;
    arguments.c = c.data;
    arguments.d = context.Input(kD, {Exactly(heads)}).template As<float>();
    arguments.z = z.data;
    arguments.dt_bias = context.Input(kDtBias, {Exactly(heads)}).template As<float>();
    arguments.past_state = past.As<float>();
    arguments.y = context.Output<T>(kY, {batch, tokens, channels});
    arguments.present_state = context.Output<float>(kPresentState, {batch, heads, states, head_size});
    arguments.x_stride = x.shape.last();
    arguments.dt_stride = dt.stride;
    arguments.b_stride = b.stride;
    arguments.c_stride = c.stride;
    arguments.z_stride = z.stride;
    arguments.batch = batch;
    arguments.length = tokens;
    arguments.heads = Narrow(context, past, heads);
    arguments.head_size = Narrow(context, past, head_size);
    arguments.groups = static_cast<int>(groups_);
    arguments.states = static_cast<int>(states);
    arguments.dt_min = dt_min_;
    arguments.dt_max = dt_max_;
    arguments.dt_softplus = dt_softplus_;
    const DeviceScratch workspace(context, cuda::StateSpaceDualWorkspace(arguments));
    arguments.workspace = workspace.data();
    Start(context, &Launch<T>, arguments);
  }

 private:
  int64_t groups_;
  bool dt_softplus_;
  float dt_min_;
  float dt_max_;
  int64_t x_offset_;
  int64_t dt_offset_;
  int64_t b_offset_;
  int64_t c_offset_;
  int64_t z_offset_;
};

}  // namespace

CudaStateSpaceDual::CudaStateSpaceDual(ONNXTensorElementDataType activations)
    : StateSpaceDualContract(activations, kCudaProvider), activations_(activations) {}

std::unique_ptr<Kernel> CudaStateSpaceDual::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaStateSpaceDualKernel>(activations_, attributes);
}

}  // namespace edgefleet
