#include "gated_activation/contract.h"

namespace edgefleet {

using namespace gated_activation;

GatedActivationContract::GatedActivationContract(ONNXTensorElementDataType activations, const char* provider)
    : OperatorDefinition("GatedActivation", {{"x", activations}}, {{"y", activations}}, provider) {}

void GatedActivationContract::InferShapes(ShapeContext& context) const {
  const auto x = context.Input(kX, 3);
  if (!x) return;
  const Dimension& packed = (*x)[2];
  context.SetOutput(kY, {(*x)[0], (*x)[1], packed.known() ? Dimension::Of(packed.value / 2) : Dimension{}}, context.TypeOf(kX));
}

}  // namespace edgefleet
