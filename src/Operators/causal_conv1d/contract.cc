#include "causal_conv1d/contract.h"

namespace edgefleet {

using namespace causal_conv1d;

CausalConv1dContract::CausalConv1dContract(ONNXTensorElementDataType activations, const char* provider)
    : OperatorDefinition("CausalConv1d",
                         {{"input", activations},
                          {"weight", kFloat},
                          {"bias", kFloat, Presence::kOptional},
                          {"past_window", activations}},
                         {{"output", activations}, {"present_window", activations}},
                         provider) {}

void CausalConv1dContract::InferShapes(ShapeContext& context) const {
  const auto input = context.Input(kInput, 3);
  const auto weight = context.Input(kWeight, 2);
  if (input && weight) context.SetOutput(kOutput, {(*input)[0], (*input)[1], (*weight)[0]}, context.TypeOf(kInput));
  if (const auto past = context.Input(kPastWindow, 3)) context.SetOutput(kPresentWindow, *past, context.TypeOf(kPastWindow));
}

}  // namespace edgefleet
