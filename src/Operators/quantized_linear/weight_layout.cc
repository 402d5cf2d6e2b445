#include "quantized_linear/weight_layout.h"

#include <string>

namespace edgefleet {

WeightLayout WeightLayout::Read(const NodeAttributes& attributes, bool eight_only) {
  WeightLayout layout{};
  layout.bits = attributes.Int("bits", eight_only ? 8 : 4, 4, 8);
  if (layout.bits != 8 && (eight_only || layout.bits != 4)) {
    attributes.Fail("bits", std::to_string(layout.bits), eight_only ? "8" : "4 or 8");
  }
  layout.n = attributes.RequiredInt("n", 1);
  layout.k = attributes.RequiredInt("k", 32);
  if (layout.k % 32 != 0) attributes.Fail("k", std::to_string(layout.k), "a multiple of 32");
  attributes.Int("block_size", 32, 32, 32);
  return layout;
}

void WeightLayout::ExpectCount(const KernelContext& context, const Tensor& tensor, int64_t count) {
  if (tensor.present() && tensor.shape.ElementCount() == count) return;
  context.Fail(tensor, "has shape " + tensor.shape.ToString(), std::to_string(count) + " elements for the attributes n and k");
}

}  // namespace edgefleet
