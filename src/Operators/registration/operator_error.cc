#include "registration/operator_error.h"

namespace edgefleet {

OperatorError::OperatorError(OrtErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

}  // namespace edgefleet
