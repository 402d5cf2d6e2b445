// All operators of the library.
#pragma once

#include <memory>
#include <vector>

#include "registration/operator_definition.h"

namespace edgefleet {

/// Made once; lives as long as the process.
const std::vector<std::unique_ptr<OperatorDefinition>>& Operators();

}  // namespace edgefleet
