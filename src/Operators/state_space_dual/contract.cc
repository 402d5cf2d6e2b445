#include "state_space_dual/contract.h"

namespace edgefleet {

using namespace state_space_dual;

StateSpaceDualContract::StateSpaceDualContract(ONNXTensorElementDataType activations, const char* provider)
    : OperatorDefinition("StateSpaceDual",
                         {{"x", activations},
                          {"dt", activations},
                          {"A", kFloat},
                          {"B", activations},
                          {"C", activations},
                          {"D", kFloat, Presence::kOptional},
                          {"z", activations, Presence::kOptional},
                          {"dt_bias", kFloat, Presence::kOptional},
                          {"past_state", kFloat}},
                         {{"y", activations}, {"present_state", kFloat}},
                         provider) {}

void StateSpaceDualContract::InferShapes(ShapeContext& context) const {
  const auto past = context.Input(kPastState, 4);
  if (!past) return;
  context.SetOutput(kPresentState, *past);
  const auto x = context.Input(kX, 3);
  if (!x) return;
  const Dimension& heads = (*past)[1];
  const Dimension& head_size = (*past)[3];
  const bool known = heads.known() && head_size.known();
  context.SetOutput(kY, {(*x)[0], (*x)[1], known ? Dimension::Of(heads.value * head_size.value) : Dimension{}},
                    context.TypeOf(kX));
}

}  // namespace edgefleet
