// ONNX models of one node, written as protobuf by hand (onnx.proto's field numbers): what tests and benchmarks need, without a
// protobuf library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace edgefleet::harness {

/// A number or a symbol.
using GraphDimension = std::variant<int64_t, std::string>;

struct GraphValue {
  /// Empty for an optional input that is left out.
  /// A name that an earlier input has refers to the same value.
  std::string name = {};
  /// ONNX's number of the element type: 1 float32, 7 int64, 10 float16.
  int32_t type = 1;
  std::vector<GraphDimension> shape = {};
  /// Raw bytes of a constant; none for an input of the graph.
  std::string constant = {};
};

struct GraphAttribute {
  std::string name;
  std::variant<int64_t, float, std::string> value;
};

struct GraphNode {
  std::string domain;
  std::string op_type;
  std::vector<GraphAttribute> attributes;
  std::vector<GraphValue> inputs;
  /// Shapes of graph outputs are left to the operator's shape function.
  std::vector<GraphValue> outputs;
};

/// The bytes of model.onnx.
std::string WriteModel(const GraphNode& node);

}  // namespace edgefleet::harness
