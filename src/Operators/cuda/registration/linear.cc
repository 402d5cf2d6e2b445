#include "cuda/registration/linear.h"

#include "cuda/linear/linear.h"
#include "cuda/registration/cublas.h"
#include "cuda/registration/start.h"

namespace edgefleet {
namespace {

enum Input : size_t { kX, kWeight, kBias };

template <typename T>
class CudaLinearKernel final : public Kernel {
 public:
  explicit CudaLinearKernel(const NodeAttributes& attributes) : constant_weight_(attributes.ConstantInput(kWeight).has_value()) {}

  void Compute(KernelContext& context) const override {
    const Tensor weight = context.Input(kWeight, {AtLeast(1), AtLeast(1)});
    const int64_t columns = weight.shape[0];
    const int64_t depth = weight.shape[1];
    const Tensor bias = context.Input(kBias, {Exactly(columns)});
    // Unchecked by dimensions: a piece of a prefill that needs no logits multiplies no rows.
    const Tensor x = context.Input(kX);
    if (x.shape.rank() != 3 || x.shape.last() != depth) {
      context.Fail(x, "has shape " + x.shape.ToString(), "[batch, tokens, " + std::to_string(depth) + "], the inputs of weight");
    }
    cuda::LinearArguments<T> arguments{};
    arguments.x = x.As<T>();
    arguments.x_stride = depth;
    arguments.weight = weight.As<T>();
    arguments.bias = bias.As<T>();
    arguments.y = context.Output<T>(0, {x.shape[0], x.shape[1], columns});
    arguments.rows = x.shape[0] * x.shape[1];
    arguments.columns = Narrow(context, weight, columns);
    arguments.depth = Narrow(context, weight, depth);
    arguments.constant_weight = constant_weight_;
    if (arguments.rows == 0) return;
    if (arguments.rows <= cuda::kMostLinearRows) {
      Start(context, &cuda::FewRowsLinear<T>, arguments);
      return;
    }
    const int rows = Narrow(context, x, arguments.rows);
    MatrixProduct(context, arguments.x, arguments.weight, arguments.y, rows, arguments.columns, arguments.depth);
    if (bias.present()) Start(context, &cuda::AddBias<T>, arguments);
  }

 private:
  bool constant_weight_;
};

}  // namespace

CudaLinear::CudaLinear(ONNXTensorElementDataType activations)
    : OperatorDefinition("Linear",
                         {{"x", activations}, {"weight", activations}, {"bias", activations, Presence::kOptional}},
                         {{"y", activations}},
                         kCudaProvider),
      activations_(activations) {}

std::unique_ptr<Kernel> CudaLinear::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaLinearKernel>(activations_, attributes);
}

void CudaLinear::InferShapes(ShapeContext& context) const {
  const auto x = context.Input(kX, 3);
  const auto weight = context.Input(kWeight, 2);
  if (x && weight) context.SetOutput(0, {(*x)[0], (*x)[1], (*weight)[0]}, context.TypeOf(kX));
}

}  // namespace edgefleet
