#include "mat_mul_n_bits/contract.h"

#include <string>

namespace edgefleet {

using namespace mat_mul_n_bits;

namespace mat_mul_n_bits {

Attributes::Attributes(const NodeAttributes& attributes)
    : columns(attributes.RequiredInt("N", 1)), depth(attributes.RequiredInt("K", 1)), bits(attributes.RequiredInt("bits", 1)) {
  const int64_t block = attributes.RequiredInt("block_size", 1);
  if (bits != 4 && bits != 8) attributes.Fail("bits", std::to_string(bits), "4 or 8");
  if (block != kBlock) attributes.Fail("block_size", std::to_string(block), std::to_string(kBlock));
  if (depth % kBlock != 0) attributes.Fail("K", std::to_string(depth), "a multiple of block_size, " + std::to_string(kBlock));
}

Operands::Operands(const KernelContext& context, const Attributes& attributes)
    : x(context.Input(kX)),
      weight(context.Input(kWeight, {Exactly(attributes.columns), Exactly(attributes.depth / kBlock), Exactly(kBlock * attributes.bits / 8)})),
      scales(context.Input(kScales)),
      bias(context.Input(kBias, {Exactly(attributes.columns)})) {
  const int64_t blocks = attributes.columns * (attributes.depth / kBlock);
  if (scales.shape.ElementCount() != blocks) {
    context.Fail(scales, "has shape " + scales.shape.ToString(), std::to_string(blocks) + " elements, one a block");
  }
  for (const Input absent : {kZeroPoints, kGroupIndex}) {
    if (const Tensor tensor = context.Input(absent); tensor.present()) context.Fail(tensor, "is there", "nothing");
  }
  // Unchecked by dimensions: a piece of a prefill that needs no logits multiplies no rows.
  if (x.shape.rank() != 3 || x.shape.last() != attributes.depth) {
    context.Fail(x, "has shape " + x.shape.ToString(), "[batch, tokens, " + std::to_string(attributes.depth) + "], the attribute K");
  }
  rows = x.shape[0] * x.shape[1];
  output = Shape{x.shape[0], x.shape[1], attributes.columns};
}

RuntimeProduct::RuntimeProduct(const NodeAttributes& node, const Attributes& attributes, ONNXTensorElementDataType type, size_t inputs)
    : operator_(node, {"com.microsoft", "MatMulNBits", 1, inputs, 1},
                // How many of its types an operator's kernel asks for differs between providers and versions.
                {{{"T1", type}, {"T2", kUint8}},
                 {{"T1", type}, {"T2", kUint8}, {"T3", type}},
                 {{"T1", type}, {"T2", kUint8}, {"T3", kUint8}},
                 {{"T1", type}, {"T2", kUint8}, {"T3", type}, {"T4", kInt32}},
                 {{"T1", type}, {"T2", kUint8}, {"T3", kUint8}, {"T4", kInt32}}},
                {{"N", attributes.columns},
                 {"K", attributes.depth},
                 {"bits", attributes.bits},
                 {"block_size", kBlock},
                 // An operator that is made like this has no defaults.
                 {"accuracy_level", int64_t{0}}}) {}

}  // namespace mat_mul_n_bits

MatMulNBitsContract::MatMulNBitsContract(ONNXTensorElementDataType type, const char* provider)
    : OperatorDefinition("MatMulNBits",
                         {{"x", type},
                          {"weight", kUint8},
                          {"scales", type},
                          {"zero_points", kUint8, Presence::kOptional},
                          {"g_idx", kInt32, Presence::kOptional},
                          {"bias", type, Presence::kOptional}},
                         {{"y", type}},
                         provider) {}

void MatMulNBitsContract::InferShapes(ShapeContext& context) const {
  auto x = context.Input(kX, 3);
  if (!x) return;
  x->back() = Dimension::Of(context.Int("N", -1));
  context.SetOutput(0, *x, context.TypeOf(kX));
}

}  // namespace edgefleet
