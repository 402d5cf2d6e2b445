// Inputs, outputs, attributes and shapes of `edgefleet.MatMulNBits` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"
#include "registration/runtime_operator.h"

namespace edgefleet {

namespace mat_mul_n_bits {
/// As ONNX Runtime's; zero points and a group index are not taken.
enum Input : size_t { kX, kWeight, kScales, kZeroPoints, kGroupIndex, kBias };
/// Weights that share a scale.
inline constexpr int64_t kBlock = 32;

/// The attributes of a node, checked.
struct Attributes {
  explicit Attributes(const NodeAttributes& attributes);

  int64_t columns;
  int64_t depth;
  int64_t bits;
};

/// What a call reads, checked.
struct Operands {
  Operands(const KernelContext& context, const Attributes& attributes);

  Tensor x;
  Tensor weight;
  Tensor scales;
  Tensor bias;
  /// Of x and of the output.
  int64_t rows;
  Shape output;
};

/// ONNX Runtime's operator of the same name over the first `inputs` inputs.
class RuntimeProduct {
 public:
  RuntimeProduct(const NodeAttributes& node, const Attributes& attributes, ONNXTensorElementDataType type, size_t inputs);

  void Run(KernelContext& context, const Shape& output) const { operator_.Run(context, {output}); }

 private:
  RuntimeOperator operator_;
};
}  // namespace mat_mul_n_bits

class MatMulNBitsContract : public OperatorDefinition {
 public:
  explicit MatMulNBitsContract(ONNXTensorElementDataType type, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
