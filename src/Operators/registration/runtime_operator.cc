#include "registration/runtime_operator.h"

#include "registration/ort_api.h"

namespace edgefleet {
namespace {

/// Attributes in the runtime's form, while the operator is made.
class AttributeList {
 public:
  explicit AttributeList(const std::vector<RuntimeOperator::Attribute>& attributes) {
    for (const auto& [name, value] : attributes) {
      OrtOpAttr* attribute = nullptr;
      if (const auto* integer = std::get_if<int64_t>(&value)) {
        Check(Ort().CreateOpAttr(name, integer, 1, ORT_OP_ATTR_INT, &attribute));
      } else {
        Check(Ort().CreateOpAttr(name, &std::get<float>(value), 1, ORT_OP_ATTR_FLOAT, &attribute));
      }
      attributes_.push_back(attribute);
    }
  }
  ~AttributeList() {
    for (OrtOpAttr* attribute : attributes_) Ort().ReleaseOpAttr(attribute);
  }
  AttributeList(const AttributeList&) = delete;
  AttributeList& operator=(const AttributeList&) = delete;

  const OrtOpAttr* const* data() const { return attributes_.data(); }
  int size() const { return static_cast<int>(attributes_.size()); }

 private:
  std::vector<OrtOpAttr*> attributes_;
};

}  // namespace

RuntimeOperator::RuntimeOperator(const NodeAttributes& node, const Signature& signature, const std::vector<Types>& types,
                                 const std::vector<Attribute>& attributes)
    : inputs_(signature.inputs) {
  const AttributeList list(attributes);
  OrtStatus* status = nullptr;
  for (const auto& candidate : types) {
    std::vector<const char*> names;
    std::vector<ONNXTensorElementDataType> values;
    for (const auto& [name, type] : candidate) {
      names.push_back(name);
      values.push_back(type);
    }
    if (status != nullptr) Ort().ReleaseStatus(status);
    status = Ort().CreateOp(node.info(), signature.name, signature.domain, signature.version, names.data(), values.data(),
                            static_cast<int>(names.size()), list.data(), list.size(), static_cast<int>(signature.inputs),
                            static_cast<int>(signature.outputs), &operator_);
    if (status == nullptr) return;
  }
  Check(status);
}

RuntimeOperator::~RuntimeOperator() { Ort().ReleaseOp(operator_); }

void RuntimeOperator::Run(KernelContext& context, std::initializer_list<Shape> outputs) const { context.Run(operator_, inputs_, outputs); }

}  // namespace edgefleet
