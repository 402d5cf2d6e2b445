#include "cuda/registration/mat_mul_n_bits.h"

#include "cuda/linear/linear.h"
#include "cuda/mat_mul_n_bits/quantized_product.h"
#include "cuda/registration/start.h"

namespace edgefleet {
namespace {

using namespace mat_mul_n_bits;

static_assert(kBlock == cuda::kQuantizedBlock, "the layout of the contract");

class CudaMatMulNBitsKernel final : public Kernel {
 public:
  // The provider's operator refuses a bias.
  explicit CudaMatMulNBitsKernel(const NodeAttributes& node)
      : attributes_(node),
        constant_weight_(node.ConstantInput(kWeight).has_value() && node.ConstantInput(kScales).has_value()),
        product_(node, attributes_, kHalf, kScales + 1) {}

  void Compute(KernelContext& context) const override {
    const Operands operands(context, attributes_);
    cuda::QuantizedProductArguments arguments{};
    arguments.x = operands.x.As<__half>();
    arguments.weight = operands.weight.As<uint8_t>();
    arguments.scales = operands.scales.As<__half>();
    arguments.bias = operands.bias.As<__half>();
    arguments.y = context.Output<__half>(0, operands.output);
    arguments.rows = operands.rows;
    arguments.columns = Narrow(context, operands.weight, attributes_.columns);
    arguments.depth = Narrow(context, operands.weight, attributes_.depth);
    arguments.bits = static_cast<int>(attributes_.bits);
    arguments.constant_weight = constant_weight_;
    if (arguments.rows == 0) return;
    if (arguments.rows <= cuda::kMostQuantizedRows) {
      Start(context, &cuda::FewRowsQuantizedProduct, arguments);
      return;
    }
    product_.Run(context, operands.output);
    if (!operands.bias.present()) return;
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
  RuntimeProduct product_;
};

}  // namespace

CudaMatMulNBits::CudaMatMulNBits() : MatMulNBitsContract(kHalf, kCudaProvider) {}

std::unique_ptr<Kernel> CudaMatMulNBits::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<CudaMatMulNBitsKernel>(attributes);
}

}  // namespace edgefleet
