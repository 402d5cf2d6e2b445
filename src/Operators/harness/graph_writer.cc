#include "harness/graph_writer.h"

#include <cstring>
#include <set>

namespace edgefleet::harness {
namespace {

constexpr int kIrVersion = 10;
constexpr int kOnnxOpset = 21;

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void Field(std::string& out, int number, int64_t value) {
  AppendVarint(out, static_cast<uint64_t>(number) << 3);
  AppendVarint(out, static_cast<uint64_t>(value));
}

void Field(std::string& out, int number, std::string_view bytes) {
  AppendVarint(out, (static_cast<uint64_t>(number) << 3) | 2);
  AppendVarint(out, bytes.size());
  out += bytes;
}

void Field(std::string& out, int number, float value) {
  AppendVarint(out, (static_cast<uint64_t>(number) << 3) | 5);
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  out.append(bytes, sizeof(value));
}

std::string ValueInfo(const GraphValue& value, bool with_shape) {
  std::string tensor;
  Field(tensor, 1, int64_t{value.type});
  if (with_shape) {
    std::string shape;
    for (const auto& dimension : value.shape) {
      std::string dim;
      if (const auto* number = std::get_if<int64_t>(&dimension)) {
        Field(dim, 1, *number);
      } else {
        Field(dim, 2, std::string_view(std::get<std::string>(dimension)));
      }
      Field(shape, 1, std::string_view(dim));
    }
    Field(tensor, 2, std::string_view(shape));
  }
  std::string type;
  Field(type, 1, std::string_view(tensor));
  std::string info;
  Field(info, 1, std::string_view(value.name));
  Field(info, 2, std::string_view(type));
  return info;
}

std::string Initializer(const GraphValue& value) {
  std::string tensor;
  for (const auto& dimension : value.shape) Field(tensor, 1, std::get<int64_t>(dimension));
  Field(tensor, 2, int64_t{value.type});
  Field(tensor, 8, std::string_view(value.name));
  Field(tensor, 9, std::string_view(value.constant));
  return tensor;
}

std::string Attribute(const GraphAttribute& attribute) {
  std::string out;
  Field(out, 1, std::string_view(attribute.name));
  if (const auto* number = std::get_if<float>(&attribute.value)) {
    Field(out, 2, *number);
    Field(out, 20, int64_t{1});
  } else if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    Field(out, 3, *integer);
    Field(out, 20, int64_t{2});
  } else {
    Field(out, 4, std::string_view(std::get<std::string>(attribute.value)));
    Field(out, 20, int64_t{3});
  }
  return out;
}

std::string OperatorSet(std::string_view domain, int64_t version) {
  std::string out;
  Field(out, 1, domain);
  Field(out, 2, version);
  return out;
}

}  // namespace

std::string WriteModel(const GraphNode& node) {
  std::string node_bytes;
  for (const auto& input : node.inputs) Field(node_bytes, 1, std::string_view(input.name));
  for (const auto& output : node.outputs) Field(node_bytes, 2, std::string_view(output.name));
  Field(node_bytes, 3, std::string_view("node"));
  Field(node_bytes, 4, std::string_view(node.op_type));
  for (const auto& attribute : node.attributes) Field(node_bytes, 5, std::string_view(Attribute(attribute)));
  Field(node_bytes, 7, std::string_view(node.domain));

  std::string graph;
  Field(graph, 1, std::string_view(node_bytes));
  Field(graph, 2, std::string_view("graph"));
  for (const auto& input : node.inputs) {
    if (!input.constant.empty()) Field(graph, 5, std::string_view(Initializer(input)));
  }
  std::set<std::string> stated{""};
  for (const auto& input : node.inputs) {
    if (input.constant.empty() && stated.insert(input.name).second) Field(graph, 11, std::string_view(ValueInfo(input, true)));
  }
  for (const auto& output : node.outputs) {
    if (!output.name.empty()) Field(graph, 12, std::string_view(ValueInfo(output, false)));
  }

  std::string model;
  Field(model, 1, int64_t{kIrVersion});
  Field(model, 7, std::string_view(graph));
  Field(model, 8, std::string_view(OperatorSet("", kOnnxOpset)));
  Field(model, 8, std::string_view(OperatorSet(node.domain, 1)));
  return model;
}

}  // namespace edgefleet::harness
