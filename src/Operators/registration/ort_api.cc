#include "registration/ort_api.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "registration/operator_error.h"

namespace edgefleet {
namespace {
std::atomic<const OrtApi*> api{nullptr};
std::atomic<uint32_t> api_version{0};
}  // namespace

const OrtApi* InitialiseOrt(const OrtApiBase* api_base) {
  // GetApi logs an error for a version it does not know, so the version is read from the runtime's own string first.
  const std::string runtime = api_base->GetVersionString();
  uint32_t version = ORT_API_VERSION;
  if (const auto dot = runtime.find('.'); runtime.starts_with("1.") && dot != std::string::npos) {
    const auto minor = static_cast<uint32_t>(std::strtoul(runtime.c_str() + dot + 1, nullptr, 10));
    if (minor < version) version = minor;
  }
  for (; version >= kOldestOrtVersion; --version) {
    if (const OrtApi* found = api_base->GetApi(version); found != nullptr) {
      api_version.store(version);
      api.store(found);
      return found;
    }
  }
  return nullptr;
}

const OrtApi& Ort() { return *api.load(std::memory_order_relaxed); }

uint32_t OrtVersion() { return api_version.load(std::memory_order_relaxed); }

void Check(OrtStatus* status) {
  if (status == nullptr) return;
  OperatorError error(Ort().GetErrorCode(status), Ort().GetErrorMessage(status));
  Ort().ReleaseStatus(status);
  throw error;
}

}  // namespace edgefleet
