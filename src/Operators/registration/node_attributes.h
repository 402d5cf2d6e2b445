// Attributes and constant inputs of a node, read and checked while its kernel is made.
#pragma once

#include <onnxruntime_c_api.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "registration/tensor.h"

namespace edgefleet {

class OperatorDefinition;

class NodeAttributes {
 public:
  NodeAttributes(const OperatorDefinition& definition, const OrtKernelInfo* info) : definition_(definition), info_(info) {}

  /// An integer within [minimum, maximum]; `fallback` when the node does not have it.
  int64_t Int(const char* name, int64_t fallback, int64_t minimum = 0,
              int64_t maximum = std::numeric_limits<int32_t>::max()) const;

  /// As `Int`, for an attribute that must be there.
  int64_t RequiredInt(const char* name, int64_t minimum, int64_t maximum = std::numeric_limits<int32_t>::max()) const;

  /// 0 or 1.
  bool Flag(const char* name) const { return Int(name, 0, 0, 1) != 0; }

  /// A float that is not NaN.
  float Float(const char* name, float fallback) const;

  /// The index within `choices` of the attribute's text; 0, the default, when the node does not have it.
  size_t Choice(const char* name, std::initializer_list<std::string_view> choices) const;

  /// The input's tensor when it is a constant of the graph. Its memory lives as long as the session.
  std::optional<Tensor> ConstantInput(size_t index) const;

  /// What the runtime knows of the node.
  const OrtKernelInfo* info() const { return info_; }

  /// Throws: the operator's name, the attribute, what was found and what is expected.
  [[noreturn]] void Fail(const char* name, const std::string& found, const std::string& expected) const;

 private:
  bool Present(const char* name, OrtStatus* status) const;

  const OperatorDefinition& definition_;
  const OrtKernelInfo* info_;
};

}  // namespace edgefleet
