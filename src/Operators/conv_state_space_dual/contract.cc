#include "conv_state_space_dual/contract.h"

#include <limits>
#include <string>

namespace edgefleet {

using namespace conv_state_space_dual;

namespace conv_state_space_dual {

Attributes::Attributes(const NodeAttributes& attributes)
    : silu(attributes.Choice("activation", {"none", "silu"}) == 1),
      groups(attributes.Int("num_groups", 1, 1)),
      dt_softplus(attributes.Flag("dt_softplus")),
      dt_min(attributes.Float("dt_min", 0.0f)),
      dt_max(attributes.Float("dt_max", std::numeric_limits<float>::max())),
      input_offset(attributes.Int("input_offset", 0)),
      dt_offset(attributes.Int("dt_offset", 0)),
      z_offset(attributes.Int("z_offset", 0)) {
  if (dt_min > dt_max) attributes.Fail("dt_min", std::to_string(dt_min), "at most dt_max, " + std::to_string(dt_max));
}

}  // namespace conv_state_space_dual

ConvStateSpaceDualContract::ConvStateSpaceDualContract(ONNXTensorElementDataType activations, const char* provider)
    : OperatorDefinition("ConvStateSpaceDual",
                         {{"input", activations},
                          {"dt", activations},
                          {"z", activations, Presence::kOptional},
                          {"weight", kFloat},
                          {"bias", kFloat, Presence::kOptional},
                          {"A", kFloat},
                          {"D", kFloat, Presence::kOptional},
                          {"dt_bias", kFloat, Presence::kOptional},
                          {"past_window", activations},
                          {"past_state", kFloat}},
                         {{"y", activations}, {"present_window", activations}, {"present_state", kFloat}},
                         provider) {}

void ConvStateSpaceDualContract::InferShapes(ShapeContext& context) const {
  const auto type = context.TypeOf(kInput);
  if (const auto window = context.Input(kPastWindow, 3)) context.SetOutput(kPresentWindow, *window, type);
  const auto state = context.Input(kPastState, 4);
  if (!state) return;
  context.SetOutput(kPresentState, *state);
  const auto input = context.Input(kInput, 3);
  if (!input) return;
  const Dimension& heads = (*state)[1];
  const Dimension& head_size = (*state)[3];
  const bool known = heads.known() && head_size.known();
  context.SetOutput(kY, {(*input)[0], (*input)[1], known ? Dimension::Of(heads.value * head_size.value) : Dimension{}}, type);
}

}  // namespace edgefleet
