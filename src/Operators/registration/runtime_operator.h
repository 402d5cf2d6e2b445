// One of ONNX Runtime's own operators as a part of one of ours.
#pragma once

#include <onnxruntime_c_api.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <variant>
#include <vector>

#include "registration/kernel_context.h"
#include "registration/node_attributes.h"
#include "registration/shape.h"

namespace edgefleet {

class RuntimeOperator {
 public:
  struct Signature {
    const char* domain;
    const char* name;
    int version;
    size_t inputs;
    size_t outputs;
  };
  /// Type parameters of the operator by name.
  using Types = std::vector<std::pair<const char*, ONNXTensorElementDataType>>;
  using Attribute = std::pair<const char*, std::variant<int64_t, float>>;

  /// Finds the operator's kernel of the node's provider, by the first of `types` that the runtime knows; throws where it knows none.
  RuntimeOperator(const NodeAttributes& node, const Signature& signature, const std::vector<Types>& types,
                  const std::vector<Attribute>& attributes);
  ~RuntimeOperator();
  RuntimeOperator(const RuntimeOperator&) = delete;
  RuntimeOperator& operator=(const RuntimeOperator&) = delete;

  /// Runs it over the first inputs and outputs of the node, whose shapes are given: the runtime does not check them.
  void Run(KernelContext& context, std::initializer_list<Shape> outputs) const;

 private:
  size_t inputs_;
  OrtOp* operator_ = nullptr;
};

}  // namespace edgefleet
