#include "rms_norm/contract.h"

namespace edgefleet {

using namespace rms_norm;

RmsNormContract::RmsNormContract(ONNXTensorElementDataType activations, const char* provider)
    : OperatorDefinition("RmsNorm",
                         {{"x", activations},
                          {"weight", kFloat, Presence::kOptional},
                          {"gate", activations, Presence::kOptional},
                          {"skip", activations, Presence::kOptional}},
                         {{"y", activations}, {"sum", activations, Presence::kOptional}},
                         provider) {}

void RmsNormContract::InferShapes(ShapeContext& context) const {
  const auto x = context.Input(kX, 3);
  const int64_t channels = context.Int("channels", -1);
  if (!x || channels < 1) return;
  // `sum` may be left out, which a shape function cannot find out; runtimes up to 1.27 crash when it states a shape all the same.
  context.SetOutput(kY, {(*x)[0], (*x)[1], Dimension::Of(channels)}, context.TypeOf(kX));
}

}  // namespace edgefleet
