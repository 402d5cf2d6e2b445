#include <exception>
#include <mutex>
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

// Lives as long as the process: sessions keep pointers to the domain and to its operators.
OrtCustomOpDomain* Domain() {
  static std::mutex mutex;
  static OrtCustomOpDomain* domain = nullptr;
  const std::lock_guard lock(mutex);
  if (domain != nullptr) return domain;
  OrtCustomOpDomain* created = nullptr;
  Check(Ort().CreateCustomOpDomain(kDomain, &created));
  for (const auto& definition : Operators()) {
    definition->version = OrtVersion();
    Check(Ort().CustomOpDomain_Add(created, definition.get()));
  }
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
