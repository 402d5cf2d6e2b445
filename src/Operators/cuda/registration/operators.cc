#include "registration/operators.h"

#include "cuda/registration/attention.h"
#include "cuda/registration/causal_conv1d.h"
#include "cuda/registration/conv_state_space_dual.h"
#include "cuda/registration/gated_activation.h"
#include "cuda/registration/group_query_attention.h"
#include "cuda/registration/linear.h"
#include "cuda/registration/mat_mul_n_bits.h"
#include "cuda/registration/rms_norm.h"
#include "cuda/registration/selective_scan.h"
#include "cuda/registration/state_space_dual.h"

namespace edgefleet {

const std::vector<std::unique_ptr<OperatorDefinition>>& Operators() {
  static const auto* operators = [] {
    auto* all = new std::vector<std::unique_ptr<OperatorDefinition>>;
    all->push_back(std::make_unique<CudaAttention>());
    all->push_back(std::make_unique<CudaMatMulNBits>());
    for (const auto activations : {kHalf, kBFloat16}) all->push_back(std::make_unique<CudaGroupQueryAttention>(activations));
    for (const auto activations : {kFloat, kHalf, kBFloat16}) {
      all->push_back(std::make_unique<CudaCausalConv1d>(activations));
      all->push_back(std::make_unique<CudaConvStateSpaceDual>(activations));
      all->push_back(std::make_unique<CudaGatedActivation>(activations));
      all->push_back(std::make_unique<CudaLinear>(activations));
      all->push_back(std::make_unique<CudaRmsNorm>(activations));
      all->push_back(std::make_unique<CudaSelectiveScan>(activations));
      all->push_back(std::make_unique<CudaStateSpaceDual>(activations));
    }
    return all;
  }();
  return *operators;
}

}  // namespace edgefleet
