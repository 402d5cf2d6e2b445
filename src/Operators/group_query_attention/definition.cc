#include "group_query_attention/definition.h"

namespace edgefleet {
namespace {

using namespace group_query_attention;

class GroupQueryAttentionKernel final : public Kernel {
 public:
  GroupQueryAttentionKernel(const NodeAttributes& node, ONNXTensorElementDataType type) : attention_(node, Attributes(node), type) {}

  void Compute(KernelContext& context) const override { attention_.Run(context); }

 private:
  RuntimeAttention attention_;
};

}  // namespace

GroupQueryAttentionDefinition::GroupQueryAttentionDefinition(ONNXTensorElementDataType type) : GroupQueryAttentionContract(type), type_(type) {}

std::unique_ptr<Kernel> GroupQueryAttentionDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<GroupQueryAttentionKernel>(attributes, type_);
}

}  // namespace edgefleet
