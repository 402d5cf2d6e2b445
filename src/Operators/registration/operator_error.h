// An error that reaches the caller of ONNX Runtime as a status.
#pragma once

#include <onnxruntime_c_api.h>

#include <stdexcept>
#include <string>

namespace edgefleet {

class OperatorError : public std::runtime_error {
 public:
  OperatorError(OrtErrorCode code, const std::string& message);

  OrtErrorCode code() const { return code_; }

 private:
  OrtErrorCode code_;
};

}  // namespace edgefleet
