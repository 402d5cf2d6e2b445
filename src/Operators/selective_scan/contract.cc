#include "selective_scan/contract.h"

namespace edgefleet {

using namespace selective_scan;

SelectiveScanContract::SelectiveScanContract(ONNXTensorElementDataType activations, const char* provider)
    : OperatorDefinition("SelectiveScan",
                         {{"u", activations},
                          {"delta", activations},
                          {"A", kFloat},
                          {"B", activations},
                          {"C", activations},
                          {"D", kFloat, Presence::kOptional},
                          {"z", activations, Presence::kOptional},
                          {"delta_bias", kFloat, Presence::kOptional},
                          {"past_state", kFloat}},
                         {{"y", activations}, {"present_state", kFloat}},
                         provider) {}

void SelectiveScanContract::InferShapes(ShapeContext& context) const {
  const auto u = context.Input(kU, 3);
  const auto a = context.Input(kA, 2);
  if (u && a) context.SetOutput(kY, {(*u)[0], (*u)[1], (*a)[1]}, context.TypeOf(kU));
  if (const auto past = context.Input(kPastState, 3)) context.SetOutput(kPresentState, *past);
}

}  // namespace edgefleet
