#include "mat_mul_n_bits/definition.h"

namespace edgefleet {
namespace {

using namespace mat_mul_n_bits;

class MatMulNBitsKernel final : public Kernel {
 public:
  explicit MatMulNBitsKernel(const NodeAttributes& node) : attributes_(node), product_(node, attributes_, kHalf, kBias + 1) {}

  void Compute(KernelContext& context) const override { product_.Run(context, Operands(context, attributes_).output); }

 private:
  Attributes attributes_;
  RuntimeProduct product_;
};

}  // namespace

MatMulNBitsDefinition::MatMulNBitsDefinition() : MatMulNBitsContract(kHalf) {}

std::unique_ptr<Kernel> MatMulNBitsDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<MatMulNBitsKernel>(attributes);
}

}  // namespace edgefleet
