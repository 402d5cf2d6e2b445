#include "registration/operators.h"

#include "gated_activation/definition.h"
#include "linear/definition.h"
#include "quantized_embedding/definition.h"
#include "quantized_linear/definition.h"

namespace edgefleet {

const std::vector<std::unique_ptr<OperatorDefinition>>& Operators() {
  static const auto* operators = [] {
    auto* all = new std::vector<std::unique_ptr<OperatorDefinition>>;
    all->push_back(std::make_unique<GatedActivationDefinition>());
    all->push_back(std::make_unique<LinearDefinition>());
    all->push_back(std::make_unique<QuantizedEmbeddingDefinition>());
    all->push_back(std::make_unique<QuantizedLinearDefinition>());
    return all;
  }();
  return *operators;
}

}  // namespace edgefleet
