#include "registration/operators.h"

#include "gated_activation/definition.h"

namespace edgefleet {

const std::vector<std::unique_ptr<OperatorDefinition>>& Operators() {
  static const auto* operators = [] {
    auto* all = new std::vector<std::unique_ptr<OperatorDefinition>>;
    all->push_back(std::make_unique<GatedActivationDefinition>());
    return all;
  }();
  return *operators;
}

}  // namespace edgefleet
