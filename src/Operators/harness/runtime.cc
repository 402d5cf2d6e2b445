#include "harness/runtime.h"

#include <dlfcn.h>

#include <stdexcept>

namespace edgefleet::harness {
namespace {
constexpr uint32_t kApiVersion = 23;
}

Runtime::Runtime(const std::string& library, int threads) : shares_threads_(threads > 0) {
  // Never unloaded: the runtime's threads and statics may outlive this object.
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
  if (get_base == nullptr) throw std::runtime_error(library + " has no OrtGetApiBase");
  version_ = get_base()->GetVersionString();
  api_ = get_base()->GetApi(kApiVersion);
  if (api_ == nullptr) throw std::runtime_error(library + " is ONNX Runtime " + version_ + "; 1.23 or newer is needed");
  if (!shares_threads_) {
    Check(api_->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "edgefleet", &env_));
    return;
  }
  OrtThreadingOptions* options = nullptr;
  Check(api_->CreateThreadingOptions(&options));
  OrtStatus* status = api_->SetGlobalIntraOpNumThreads(options, threads);
  if (status == nullptr) status = api_->SetGlobalSpinControl(options, 1);
  if (status == nullptr) status = api_->CreateEnvWithGlobalThreadPools(ORT_LOGGING_LEVEL_ERROR, "edgefleet", options, &env_);
  api_->ReleaseThreadingOptions(options);
  Check(status);
}

Runtime::~Runtime() { api_->ReleaseEnv(env_); }

void Runtime::MakeSharedArena(size_t bytes) const {
  OrtMemoryInfo* memory = nullptr;
  Check(api_->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  OrtArenaCfg* arena = nullptr;
  // The rest as the runtime chooses.
  OrtStatus* status = api_->CreateArenaCfg(bytes, -1, -1, -1, &arena);
  if (status == nullptr) status = api_->CreateAndRegisterAllocator(env_, memory, arena);
  if (arena != nullptr) api_->ReleaseArenaCfg(arena);
  api_->ReleaseMemoryInfo(memory);
  Check(status);
}

void Runtime::Check(OrtStatus* status) const {
  if (status == nullptr) return;
  const std::string message = api_->GetErrorMessage(status);
  api_->ReleaseStatus(status);
  throw std::runtime_error(message);
}

TensorValue::TensorValue(const Runtime& runtime, void* data, size_t bytes, const std::vector<int64_t>& shape,
                         ONNXTensorElementDataType type)
    : runtime_(runtime) {
  OrtMemoryInfo* memory = nullptr;
  runtime.Check(runtime.api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  OrtStatus* status =
      runtime.api().CreateTensorWithDataAsOrtValue(memory, data, bytes, shape.data(), shape.size(), type, &value_);
  runtime.api().ReleaseMemoryInfo(memory);
  runtime.Check(status);
}

TensorValue::~TensorValue() { runtime_.api().ReleaseValue(value_); }

Session::Session(const Runtime& runtime, const std::string& model, const std::string& operators, int threads, bool shares_arena)
    : runtime_(runtime) {
  const OrtApi& api = runtime.api();
  OrtSessionOptions* options = nullptr;
  runtime.Check(api.CreateSessionOptions(&options));
  OrtStatus* status = runtime.shares_threads() ? api.DisablePerSessionThreads(options) : api.SetIntraOpNumThreads(options, threads);
  if (status == nullptr && shares_arena) status = api.AddSessionConfigEntry(options, "session.use_env_allocators", "1");
  if (status == nullptr) status = api.RegisterCustomOpsLibrary_V2(options, operators.c_str());
  if (status == nullptr) status = api.CreateSessionFromArray(runtime.env(), model.data(), model.size(), options, &session_);
  api.ReleaseSessionOptions(options);
  runtime.Check(status);
  runtime.Check(api.CreateIoBinding(session_, &binding_));
}

Session::~Session() {
  runtime_.api().ReleaseIoBinding(binding_);
  runtime_.api().ReleaseSession(session_);
}

void Session::BindInput(const char* name, const TensorValue& value) {
  runtime_.Check(runtime_.api().BindInput(binding_, name, value.get()));
}

void Session::BindOutput(const char* name, const TensorValue& value) {
  runtime_.Check(runtime_.api().BindOutput(binding_, name, value.get()));
}

void Session::Run() { runtime_.Check(runtime_.api().RunWithBinding(session_, nullptr, binding_)); }

std::vector<int64_t> Session::OutputShape(size_t index) const {
  const OrtApi& api = runtime_.api();
  OrtTypeInfo* type = nullptr;
  runtime_.Check(api.SessionGetOutputTypeInfo(session_, index, &type));
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  runtime_.Check(api.CastTypeInfoToTensorInfo(type, &info));
  size_t rank = 0;
  runtime_.Check(api.GetDimensionsCount(info, &rank));
  std::vector<int64_t> shape(rank);
  runtime_.Check(api.GetDimensions(info, shape.data(), rank));
  api.ReleaseTypeInfo(type);
  return shape;
}

std::vector<std::string> Session::OutputSymbols(size_t index) const {
  const OrtApi& api = runtime_.api();
  OrtTypeInfo* type = nullptr;
  runtime_.Check(api.SessionGetOutputTypeInfo(session_, index, &type));
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  runtime_.Check(api.CastTypeInfoToTensorInfo(type, &info));
  size_t rank = 0;
  runtime_.Check(api.GetDimensionsCount(info, &rank));
  std::vector<const char*> symbols(rank);
  runtime_.Check(api.GetSymbolicDimensions(info, symbols.data(), rank));
  const std::vector<std::string> copies(symbols.begin(), symbols.end());
  api.ReleaseTypeInfo(type);
  return copies;
}

}  // namespace edgefleet::harness
