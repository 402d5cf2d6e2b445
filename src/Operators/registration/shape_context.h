// Shapes of a node's inputs and outputs while a graph is loaded. Dimensions may be symbols.
#pragma once

#include <onnxruntime_c_api.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace edgefleet {

class OperatorDefinition;

/// A number, or a symbol of the graph, or unknown (no symbol and a negative value).
struct Dimension {
  int64_t value = -1;
  std::string symbol;

  static Dimension Of(int64_t value) { return {value, {}}; }
  bool known() const { return value >= 0 && symbol.empty(); }
};

using DimensionList = std::vector<Dimension>;

class ShapeContext {
 public:
  ShapeContext(const OperatorDefinition& definition, OrtShapeInferContext* context)
      : definition_(definition), context_(context) {}

  /// The input's dimensions; nothing when the graph does not know them. Throws when the rank is known and different.
  std::optional<DimensionList> Input(size_t index, size_t rank) const;

  /// As above for an input of any rank.
  std::optional<DimensionList> Input(size_t index) const;

  /// An integer attribute; `fallback` when the node does not have it.
  int64_t Int(const char* name, int64_t fallback) const;

  /// An input's element type. Definitions of one operator for several types share one shape function, that of the first of them,
  /// so an output whose type varies must be given the type of an input.
  ONNXTensorElementDataType TypeOf(size_t index) const;

  /// States an output's shape; its type is the definition's.
  void SetOutput(size_t index, const DimensionList& dimensions);

  /// States an output's shape and type.
  void SetOutput(size_t index, const DimensionList& dimensions, ONNXTensorElementDataType type);

 private:
  const OperatorDefinition& definition_;
  OrtShapeInferContext* context_;
};

}  // namespace edgefleet
