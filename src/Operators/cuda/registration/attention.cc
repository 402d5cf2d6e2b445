#include "cuda/registration/attention.h"

#include "cuda/attention/attention.h"
#include "cuda/registration/device_scratch.h"
#include "cuda/registration/start.h"

namespace edgefleet {
namespace {

using namespace attention;

class CudaAttentionKernel final : public Kernel {
 public:
  explicit CudaAttentionKernel(const NodeAttributes& attributes) : attributes_(attributes) {
    if (attributes_.head_size > cuda::kMaximumHeadSize) {
      attributes.Fail("head_size", std::to_string(attributes_.head_size), "at most " + std::to_string(cuda::kMaximumHeadSize) + " on CUDA");
    }
  }

  // That the new tokens fit into the cache is for the caller to know: the past's length is on the device. Kernels stay inside the cache.
  void Compute(KernelContext& context) const override {
    const Attributes& a = attributes_;
    const Tensor query = context.Input(kQuery, {AtLeast(1), AtLeast(1), AtLeast(a.query_offset + a.heads * a.head_size)});
    const int64_t batch = query.shape[0];
    const int64_t tokens = query.shape[1];
    const Tensor key = context.Input(kKey, {Exactly(batch), Exactly(tokens), AtLeast(a.key_offset + a.kv_heads * a.head_size)});
    const Tensor value = context.Input(kValue, {Exactly(batch), Exactly(tokens), AtLeast(a.value_offset + a.kv_heads * a.head_size)});
    const Tensor past_key = context.Input(kPastKey, {Exactly(batch), Exactly(a.kv_heads), AtLeast(tokens), Exactly(a.head_size)});
    const int64_t capacity = past_key.shape[2];
    const Tensor past_value = context.Input(kPastValue, {Exactly(batch), Exactly(a.kv_heads), Exactly(capacity), Exactly(a.head_size)});
    const Tensor past_length = context.Input(kPastLength, {Exactly(1)});
    const Tensor cos = context.Input(kCos, {AtLeast(capacity), AtLeast(1)});
    const Tensor sin = context.Input(kSin);
    if (cos.present() && 2 * cos.shape[1] > a.head_size) {
      context.Fail(cos, "has shape " + cos.shape.ToString(), "at most " + std::to_string(a.head_size / 2) + " columns");
    }
    if (cos.present() != sin.present()) context.Fail(sin, sin.present() ? "is there" : "is missing", "cos and sin, or neither");
    if (cos.present()) context.Expect(sin, {AtLeast(capacity), Exactly(cos.shape[1])});

    cuda::AttentionArguments arguments{};
    arguments.query = query.As<float>() + a.query_offset;
    arguments.key = key.As<float>() + a.key_offset;
    arguments.value = value.As<float>() + a.value_offset;
    arguments.query_stride = query.shape.last();
    arguments.key_stride = key.shape.last();
    arguments.value_stride = value.shape.last();
    arguments.past_key = past_key.As<float>();
    arguments.past_value = past_value.As<float>();
    arguments.present_key = context.Output<float>(kPresentKey, past_key.shape);
    arguments.present_value = context.Output<float>(kPresentValue, past_value.shape);
    arguments.past_length = past_length.As<int64_t>();
    arguments.cos = cos.As<float>();
    arguments.sin = sin.As<float>();
    arguments.query_norm = context.Input(kQueryNorm, {Exactly(a.head_size)}).As<float>();
    arguments.key_norm = context.Input(kKeyNorm, {Exactly(a.head_size)}).As<float>();
    arguments.output = context.Output<float>(kOutput, {batch, tokens, a.heads * a.head_size});
    arguments.batch = Narrow(context, query, batch);
    arguments.tokens = Narrow(context, query, tokens);
    arguments.heads = static_cast<int>(a.heads);
    arguments.kv_heads = static_cast<int>(a.kv_heads);
    arguments.head_size = static_cast<int>(a.head_size);
    arguments.capacity = Narrow(context, past_key, capacity);
    arguments.rotary_half = cos.present() ? static_cast<int>(cos.shape[1]) : 0;
    arguments.rotary_interleaved = a.interleaved;
    arguments.norm_epsilon = a.epsilon;
    arguments.scale = a.scale;
    arguments.window = a.window < 0 || a.window >= capacity ? 0 : static_cast<int>(a.window);

    size_t bytes = 0;
    const cudaError_t error = cuda::AttentionWorkspace(arguments, bytes);
    if (error != cudaSuccess) context.Fail(std::string("the device is not known: ") + cudaGetErrorString(error) + ".");
    const DeviceScratch workspace(context, bytes);
    arguments.workspace = static_cast<float*>(workspace.data());
    Start(context, &cuda::Attention, arguments);
  }

 private:
  Attributes attributes_;
};

}  // namespace

CudaAttention::CudaAttention() : AttentionContract(OrtMemTypeDefault, kCudaProvider) {}

std::unique_ptr<Kernel> CudaAttention::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<CudaAttentionKernel>(attributes);
}

}  // namespace edgefleet
