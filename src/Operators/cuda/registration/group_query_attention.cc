#include "cuda/registration/group_query_attention.h"

#include <cmath>
#include <string>

#include "cuda/group_query_attention/decode_attention.h"
#include "cuda/group_query_attention/prefill_attention.h"
#include "cuda/registration/counters.h"
#include "cuda/registration/device_scratch.h"
#include "cuda/registration/start.h"

namespace edgefleet {
namespace {

using namespace group_query_attention;

template <typename T>
class CudaGroupQueryAttentionKernel final : public Kernel {
 public:
  CudaGroupQueryAttentionKernel(const NodeAttributes& node, ONNXTensorElementDataType type)
      : attributes_(node), attention_(node, attributes_, type), counters_(node, cuda::kDecodeCounters) {}

  void Compute(KernelContext& context) const override {
    const Tensor query = context.Input(kQuery, {AtLeast(1), AtLeast(1), AtLeast(1)});
    const Tensor past_key =
        context.Input(kPastKey, {Exactly(query.shape[0]), Exactly(attributes_.kv_heads), AtLeast(1), AtLeast(1)});
    const bool decodes = query.shape[1] == 1 && !attributes_.interleaved &&
                         cuda::DecodesAttention(attributes_.heads, attributes_.kv_heads, past_key.shape[3]);
    if (decodes) {
      Decode(context, query, past_key);
    } else if (!Prefill(context, query, past_key)) {
      attention_.Run(context);
    }
  }

 private:
  // That the new token fits into the cache is for the caller to know: the past's length is on the device. The kernel stays inside the cache.
  void Decode(KernelContext& context, const Tensor& query, const Tensor& past_key) const {
    cuda::DecodeAttentionArguments<T> a{};
    Bind(context, query, past_key, a);
    // Past and new tokens minus one: with one new token, the past's.
    a.past_length = context.Input(kLastPositions, {Exactly(query.shape[0])}).template As<int32_t>();
    a.counters = counters_.data();

    size_t bytes = 0;
    const cudaError_t error = cuda::DecodeAttentionWorkspace(a, bytes);
    if (error != cudaSuccess) context.Fail(std::string("the device is not known: ") + cudaGetErrorString(error) + ".");
    const DeviceScratch workspace(context, bytes);
    a.workspace = static_cast<float*>(workspace.data());
    Start(context, &cuda::DecodeAttention<T>, a);
  }

  // Of several sequences only the device knows how long the past of each is: they are taken where there is none. The rows of one that is shorter
  // are never seen by its tokens.
  bool Prefill(KernelContext& context, const Tensor& query, const Tensor& past_key) const {
    const Tensor total = context.Input(kTotalLength);
    if (attributes_.interleaved || total.As<int32_t>() == nullptr) return false;
    const int64_t tokens = query.shape[1];
    const int64_t past = *total.As<int32_t>() - tokens;
    // The runtime's operator says what is wrong with such a length.
    if (past < 0 || past + tokens > past_key.shape[2] || (past > 0 && query.shape[0] > 1)) return false;
    cuda::PrefillAttentionArguments<T> a{};
    Bind(context, query, past_key, a);
    a.tokens = Narrow(context, query, tokens);
    a.past = static_cast<int>(past);
    bool prefills = false;
    const cudaError_t error = cuda::PrefillsAttention(a, prefills);
    if (error != cudaSuccess) context.Fail(std::string("the device's kernels are not known: ") + cudaGetErrorString(error) + ".");
    if (!prefills) return false;
    const DeviceScratch workspace(context, cuda::PrefillAttentionWorkspace(a));
    a.workspace = static_cast<T*>(workspace.data());
    Start(context, &cuda::PrefillAttention<T>, a);
    return true;
  }

  /// What the arguments of both have in common.
  void Bind(KernelContext& context, const Tensor& query, const Tensor& past_key, cuda::GroupQueryAttentionArguments<T>& a) const {
    const int64_t batch = query.shape[0];
    const int64_t tokens = query.shape[1];
    const int64_t capacity = past_key.shape[2];
    const int64_t size = past_key.shape[3];
    const int64_t query_width = attributes_.heads * size;
    const int64_t kv_width = attributes_.kv_heads * size;
    const Tensor key = context.Input(kKey, {Exactly(batch), Exactly(tokens), Exactly(kv_width)});
    const Tensor value = context.Input(kValue, {Exactly(batch), Exactly(tokens), Exactly(kv_width)});
    if (key.present() != value.present()) context.Fail(value, value.present() ? "is there" : "is missing", "key and value, or neither");
    context.Expect(query, {Exactly(batch), Exactly(tokens), Exactly(key.present() ? query_width : query_width + 2 * kv_width)});
    const Tensor past_value = context.Input(kPastValue, {Exactly(batch), Exactly(attributes_.kv_heads), Exactly(capacity), Exactly(size)});
    const Tensor cos = context.Input(kCos, {AtLeast(capacity), AtLeast(1)});
    const Tensor sin = context.Input(kSin);
    if (attributes_.rotary && !cos.present()) context.Fail(cos, "is missing", "the table of cosines, as do_rotary is 1");
    if (cos.present() && 2 * cos.shape[1] > size) {
      context.Fail(cos, "has shape " + cos.shape.ToString(), "at most " + std::to_string(size / 2) + " columns");
    }
    if (cos.present() != sin.present()) context.Fail(sin, sin.present() ? "is there" : "is missing", "cos_cache and sin_cache, or neither");
    if (cos.present()) context.Expect(sin, {AtLeast(capacity), Exactly(cos.shape[1])});

    a.query = query.As<T>();
    a.key = key.present() ? key.As<T>() : a.query + query_width;
    a.value = key.present() ? value.As<T>() : a.query + query_width + kv_width;
    a.query_stride = query.shape.last();
    a.key_stride = a.value_stride = key.present() ? kv_width : query.shape.last();
    a.past_key = past_key.As<T>();
    a.past_value = past_value.As<T>();
    a.present_key = context.Output<T>(kPresentKey, past_key.shape);
    a.present_value = context.Output<T>(kPresentValue, past_value.shape);
    a.cos = attributes_.rotary ? cos.As<T>() : nullptr;
    a.sin = attributes_.rotary ? sin.As<T>() : nullptr;
    a.output = context.Output<T>(kOutput, {batch, tokens, query_width});
    a.batch = Narrow(context, query, batch);
    a.heads = static_cast<int>(attributes_.heads);
    a.kv_heads = static_cast<int>(attributes_.kv_heads);
    a.head_size = static_cast<int>(size);
    a.capacity = Narrow(context, past_key, capacity);
    a.rotary_half = attributes_.rotary ? static_cast<int>(cos.shape[1]) : 0;
    a.scale = attributes_.scale == 0.0f ? 1.0f / std::sqrt(static_cast<float>(size)) : attributes_.scale;
    a.window = attributes_.window < 0 || attributes_.window >= capacity ? 0 : static_cast<int>(attributes_.window);
  }

  Attributes attributes_;
  RuntimeAttention attention_;
  DeviceCounters counters_;
};

}  // namespace

CudaGroupQueryAttention::CudaGroupQueryAttention(ONNXTensorElementDataType type)
    : GroupQueryAttentionContract(type, kCudaProvider), type_(type) {}

std::unique_ptr<Kernel> CudaGroupQueryAttention::MakeKernel(const NodeAttributes& attributes) const {
  if (type_ == kHalf) return std::make_unique<CudaGroupQueryAttentionKernel<__half>>(attributes, type_);
  return std::make_unique<CudaGroupQueryAttentionKernel<__nv_bfloat16>>(attributes, type_);
}

}  // namespace edgefleet
