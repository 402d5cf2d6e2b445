#include <algorithm>
#include <exception>
#include <mutex>
#include <set>
#include <string>

#include "include/edgefleet/operators.h"
#include "registration/operator_definition.h"
#include "registration/operators.h"
#include "registration/ort_api.h"
#include "registration/target.h"

namespace edgefleet {
namespace {

constexpr const char* kLibraryVersion = "0.1.0";
constexpr int kOperatorSetVersion = 1;
constexpr const char* kDomain = "edgefleet";

// ONNX Runtime 1.23 crashes while it prepares the shape function of a node that leaves an optional input out. Without shape
// functions it can tell an output's type only where one type is possible or where the graph states the type: so the CPU gets float32
// alone there, and a graph for CUDA must state its values' types.
constexpr uint32_t kAbsentInputsInShapeFunctions = 24;

bool HasOptionalInput(const OperatorDefinition& definition) {
  return std::any_of(definition.inputs().begin(), definition.inputs().end(),
                     [](const Port& port) { return port.presence == Presence::kOptional; });
}

/// The definitions that this runtime can take: for the CPU of 1.23 the first of each name, float32.
void AddOperators(OrtCustomOpDomain* domain) {
  std::set<std::string> added;
  for (const auto& definition : Operators()) {
    definition->version = OrtVersion();
    if (OrtVersion() < kAbsentInputsInShapeFunctions) {
      if (definition->provider() == nullptr && !added.insert(definition->name()).second) continue;
      if (HasOptionalInput(*definition)) definition->InferOutputShapeFn = nullptr;
    }
    Check(Ort().CustomOpDomain_Add(domain, definition.get()));
  }
}

// Lives as long as the process: sessions keep pointers to the domain and to its operators.
OrtCustomOpDomain* Domain() {
  static std::mutex mutex;
  static OrtCustomOpDomain* domain = nullptr;
  const std::lock_guard lock(mutex);
  if (domain != nullptr) return domain;
  OrtCustomOpDomain* created = nullptr;
  Check(Ort().CreateCustomOpDomain(kDomain, &created));
  AddOperators(created);
  domain = created;
  return domain;
}

}  // namespace
}  // namespace edgefleet

OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options, const OrtApiBase* api_base) {
  const OrtApi* api = edgefleet::InitialiseOrt(api_base);
  if (api == nullptr) {
    // Every runtime since 1.0 serves version 1, whose CreateStatus is what an error needs.
    const std::string message = std::string("edgefleet operators need ONNX Runtime 1.23 or newer; this is ") +
                                api_base->GetVersionString() + ".";
    return api_base->GetApi(1)->CreateStatus(ORT_NOT_IMPLEMENTED, message.c_str());
  }
  try {
    edgefleet::Check(api->AddCustomOpDomain(options, edgefleet::Domain()));
    return nullptr;
  } catch (const std::exception& error) {
    return api->CreateStatus(ORT_FAIL, error.what());
  }
}

const char* edgefleet_ops_version() {
  static const std::string version = std::string(edgefleet::kLibraryVersion) + " " + edgefleet::Target();
  return version.c_str();
}

int edgefleet_ops_abi() { return edgefleet::kOperatorSetVersion; }
