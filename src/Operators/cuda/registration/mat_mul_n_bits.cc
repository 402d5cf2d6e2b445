#include "cuda/registration/mat_mul_n_bits.h"

#include <string>

#include "cuda/linear/linear.h"
#include "cuda/mat_mul_n_bits/quantized_product.h"
#include "cuda/registration/start.h"
#include "registration/runtime_operator.h"

namespace edgefleet {
namespace {

enum Input : size_t { kX, kWeight, kScales, kBias };

/// The attributes of a node, checked.
struct Attributes {
  explicit Attributes(const NodeAttributes& attributes)
      : columns(attributes.RequiredInt("N", 1)), depth(attributes.RequiredInt("K", 1)), bits(attributes.RequiredInt("bits", 1)) {
    const int64_t block = attributes.RequiredInt("block_size", 1);
    if (bits != 4 && bits != 8) attributes.Fail("bits", std::to_string(bits), "4 or 8");
    if (block != cuda::kQuantizedBlock) attributes.Fail("block_size", std::to_string(block), std::to_string(cuda::kQuantizedBlock));
    if (depth % block != 0) attributes.Fail("K", std::to_string(depth), "a multiple of block_size, " + std::to_string(block));
  }

  int64_t columns;
  int64_t depth;
  int64_t bits;
};

class CudaMatMulNBitsKernel final : public Kernel {
 public:
  explicit CudaMatMulNBitsKernel(const NodeAttributes& node)
      : attributes_(node),
        constant_weight_(node.ConstantInput(kWeight).has_value() && node.ConstantInput(kScales).has_value()),
        product_(node, {"com.microsoft", "MatMulNBits", 1, kScales + 1, 1},
                 // How many of its types an operator's kernel asks for differs between versions.
                 {{{"T1", kHalf}, {"T2", kUint8}}, {{"T1", kHalf}, {"T2", kUint8}, {"T3", kHalf}}, {{"T1", kHalf}, {"T2", kUint8}, {"T3", kUint8}}},
                 {{"N", attributes_.columns},
                  {"K", attributes_.depth},
                  {"bits", attributes_.bits},
                  {"block_size", int64_t{cuda::kQuantizedBlock}}}) {}

  void Compute(KernelContext& context) const override {
    const int64_t blocks = attributes_.depth / cuda::kQuantizedBlock;
    const Tensor weight =
        context.Input(kWeight, {Exactly(attributes_.columns), Exactly(blocks), Exactly(cuda::kQuantizedBlock * attributes_.bits / 8)});
    const Tensor scales = context.Input(kScales);
    if (scales.shape.ElementCount() != attributes_.columns * blocks) {
      context.Fail(scales, "has shape " + scales.shape.ToString(), std::to_string(attributes_.columns * blocks) + " elements, one a block");
    }
    const Tensor bias = context.Input(kBias, {Exactly(attributes_.columns)});
    // Unchecked by dimensions: a piece of a prefill that needs no logits multiplies no rows.
    const Tensor x = context.Input(kX);
    if (x.shape.rank() != 3 || x.shape.last() != attributes_.depth) {
      context.Fail(x, "has shape " + x.shape.ToString(), "[batch, tokens, " + std::to_string(attributes_.depth) + "], the attribute K");
    }
    const Shape output{x.shape[0], x.shape[1], attributes_.columns};
    cuda::QuantizedProductArguments arguments{};
    arguments.x = x.As<__half>();
    arguments.weight = weight.As<uint8_t>();
    arguments.scales = scales.As<__half>();
    arguments.bias = bias.As<__half>();
    arguments.y = context.Output<__half>(0, output);
    arguments.rows = x.shape[0] * x.shape[1];
    arguments.columns = Narrow(context, weight, attributes_.columns);
    arguments.depth = Narrow(context, weight, attributes_.depth);
    arguments.bits = static_cast<int>(attributes_.bits);
    arguments.constant_weight = constant_weight_;
    if (arguments.rows == 0) return;
    if (arguments.rows <= cuda::kMostQuantizedRows) {
      Start(context, &cuda::FewRowsQuantizedProduct, arguments);
      return;
    }
    product_.Run(context, {output});
    if (!bias.present()) return;
    cuda::LinearArguments<__half> added{};
    added.bias = arguments.bias;
    added.y = arguments.y;
    added.rows = arguments.rows;
    added.columns = arguments.columns;
    Start(context, &cuda::AddBias<__half>, added);
  }

 private:
  Attributes attributes_;
  bool constant_weight_;
  RuntimeOperator product_;
};

}  // namespace

CudaMatMulNBits::CudaMatMulNBits()
    : OperatorDefinition("MatMulNBits",
                         {{"x", kHalf}, {"weight", kUint8}, {"scales", kHalf}, {"bias", kHalf, Presence::kOptional}},
                         {{"y", kHalf}},
                         kCudaProvider) {}

std::unique_ptr<Kernel> CudaMatMulNBits::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<CudaMatMulNBitsKernel>(attributes);
}

void CudaMatMulNBits::InferShapes(ShapeContext& context) const {
  auto x = context.Input(kX, 3);
  if (!x) return;
  x->back() = Dimension::Of(context.Int("N", -1));
  context.SetOutput(0, *x, context.TypeOf(kX));
}

}  // namespace edgefleet
