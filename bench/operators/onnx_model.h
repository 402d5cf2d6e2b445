// Writes small ONNX models for benchmarks: nodes, constants and fixed-shape inputs and outputs, in protobuf's wire format (onnx.proto).
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace edgefleet {

class OnnxModel {
 public:
  enum Type : int { kFloat = 1, kUint8 = 2, kInt32 = 6, kInt64 = 7, kHalf = 10 };
  using Attributes = std::vector<std::pair<std::string, int64_t>>;

  void Input(const std::string& name, Type type, const std::vector<int64_t>& dims) { Bytes(graph_, 11, ValueInfo(name, type, dims)); }
  void Output(const std::string& name, Type type, const std::vector<int64_t>& dims) { Bytes(graph_, 12, ValueInfo(name, type, dims)); }

  void Constant(const std::string& name, Type type, const std::vector<int64_t>& dims, const std::string& data) {
    std::string tensor;
    for (const int64_t dim : dims) Integer(tensor, 1, dim);
    Integer(tensor, 2, type);
    Bytes(tensor, 8, name);
    Bytes(tensor, 9, data);
    Bytes(graph_, 5, tensor);
  }

  void Node(const std::string& domain, const std::string& op, const std::vector<std::string>& inputs,
            const std::vector<std::string>& outputs, const Attributes& attributes) {
    std::string node;
    for (const auto& input : inputs) Bytes(node, 1, input);
    for (const auto& output : outputs) Bytes(node, 2, output);
    Bytes(node, 4, op);
    for (const auto& [name, value] : attributes) {
      std::string attribute;
      Bytes(attribute, 1, name);
      Integer(attribute, 3, value);
      Integer(attribute, 20, 2);
      Bytes(node, 5, attribute);
    }
    Bytes(node, 7, domain);
    Bytes(graph_, 1, node);
  }

  std::string Serialise() const {
    std::string graph = graph_;
    Bytes(graph, 2, "benchmark");
    std::string model;
    Integer(model, 1, 8);
    for (const auto& [domain, version] : std::vector<std::pair<std::string, int>>{{"", 17}, {"com.microsoft", 1}, {"edgefleet", 1}}) {
      std::string opset;
      Bytes(opset, 1, domain);
      Integer(opset, 2, version);
      Bytes(model, 8, opset);
    }
    Bytes(model, 7, graph);
    return model;
  }

 private:
  static void Varint(std::string& to, uint64_t value) {
    for (; value >= 128; value >>= 7) to.push_back(static_cast<char>(value | 128));
    to.push_back(static_cast<char>(value));
  }
  static void Integer(std::string& to, int field, int64_t value) {
    Varint(to, static_cast<uint64_t>(field) << 3);
    Varint(to, static_cast<uint64_t>(value));
  }
  static void Bytes(std::string& to, int field, const std::string& value) {
    Varint(to, static_cast<uint64_t>(field) << 3 | 2);
    Varint(to, value.size());
    to += value;
  }
  static std::string ValueInfo(const std::string& name, Type type, const std::vector<int64_t>& dims) {
    std::string shape;
    for (const int64_t value : dims) {
      std::string dim;
      Integer(dim, 1, value);
      Bytes(shape, 1, dim);
    }
    std::string tensor;
    Integer(tensor, 1, type);
    Bytes(tensor, 2, shape);
    std::string holder;
    Bytes(holder, 1, tensor);
    std::string info;
    Bytes(info, 1, name);
    Bytes(info, 2, holder);
    return info;
  }

  std::string graph_;
};

}  // namespace edgefleet
