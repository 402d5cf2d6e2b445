// An ONNX Runtime found at run time, and sessions on it, through the C API of 1.23.
#pragma once

#include <onnxruntime_c_api.h>

#include <cstdint>
#include <string>
#include <vector>

namespace edgefleet::harness {

class Runtime {
 public:
  /// Throws std::runtime_error when the library cannot be loaded or is older than 1.23. With `threads` above 0, sessions of that many
  /// threads share one pool, so that a session's spinning threads do not disturb another's measurement.
  explicit Runtime(const std::string& library, int threads = 0);
  ~Runtime();
  Runtime(const Runtime&) = delete;

  const OrtApi& api() const { return *api_; }
  const OrtEnv* env() const { return env_; }
  std::string version() const { return version_; }
  bool shares_threads() const { return shares_threads_; }

  /// Gives sessions that share it an arena of at most so many bytes, for the life of the process.
  void MakeSharedArena(size_t bytes) const;

  /// Throws std::runtime_error with the runtime's message.
  void Check(OrtStatus* status) const;

 private:
  const OrtApi* api_ = nullptr;
  OrtEnv* env_ = nullptr;
  std::string version_;
  bool shares_threads_;
};

/// A tensor over memory that somebody else owns.
class TensorValue {
 public:
  TensorValue(const Runtime& runtime, void* data, size_t bytes, const std::vector<int64_t>& shape, ONNXTensorElementDataType type);
  ~TensorValue();
  TensorValue(const TensorValue&) = delete;

  OrtValue* get() const { return value_; }

 private:
  const Runtime& runtime_;
  OrtValue* value_ = nullptr;
};

class Session {
 public:
  /// `operators` is the path of libedgefleet_ops.so. `threads` has no effect when the runtime's sessions share a pool.
  Session(const Runtime& runtime, const std::string& model, const std::string& operators, int threads, bool shares_arena = false);
  ~Session();
  Session(const Session&) = delete;

  void BindInput(const char* name, const TensorValue& value);
  void BindOutput(const char* name, const TensorValue& value);
  void Run();

  /// The graph output's dimensions as the loaded graph states them; -1 for symbols.
  std::vector<int64_t> OutputShape(size_t index) const;
  /// The symbols of the same dimensions; empty for numbers.
  std::vector<std::string> OutputSymbols(size_t index) const;

 private:
  const Runtime& runtime_;
  OrtSession* session_ = nullptr;
  OrtIoBinding* binding_ = nullptr;
};

}  // namespace edgefleet::harness
