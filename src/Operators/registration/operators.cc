#include "registration/operators.h"

#include "attention/definition.h"
#include "causal_conv1d/definition.h"
#include "conv_state_space_dual/definition.h"
#include "gated_activation/definition.h"
#include "group_query_attention/definition.h"
#include "linear/definition.h"
#include "mat_mul_n_bits/definition.h"
#include "quantized_embedding/definition.h"
#include "quantized_linear/definition.h"
#include "rms_norm/definition.h"
#include "selective_scan/definition.h"
#include "state_space_dual/definition.h"

namespace edgefleet {

const std::vector<std::unique_ptr<OperatorDefinition>>& Operators() {
  static const auto* operators = [] {
    auto* all = new std::vector<std::unique_ptr<OperatorDefinition>>;
    for (const auto activations : {kFloat, kHalf}) {
      all->push_back(std::make_unique<CausalConv1dDefinition>(activations));
      all->push_back(std::make_unique<ConvStateSpaceDualDefinition>(activations));
      all->push_back(std::make_unique<GroupQueryAttentionDefinition>(activations));
      all->push_back(std::make_unique<SelectiveScanDefinition>(activations));
      all->push_back(std::make_unique<StateSpaceDualDefinition>(activations));
    }
    all->push_back(std::make_unique<AttentionDefinition>());
    all->push_back(std::make_unique<GatedActivationDefinition>());
    all->push_back(std::make_unique<LinearDefinition>());
    all->push_back(std::make_unique<MatMulNBitsDefinition>());
    all->push_back(std::make_unique<QuantizedEmbeddingDefinition>());
    all->push_back(std::make_unique<QuantizedLinearDefinition>());
    all->push_back(std::make_unique<RmsNormDefinition>());
    return all;
  }();
  return *operators;
}

}  // namespace edgefleet
