#include "registration/node_attributes.h"

#include <cmath>
#include <cstring>

#include "registration/kernel_context.h"
#include "registration/operator_definition.h"
#include "registration/operator_error.h"
#include "registration/ort_api.h"

namespace edgefleet {
namespace {
constexpr size_t kLongestText = 64;

std::string Range(int64_t minimum, int64_t maximum) {
  return "an integer from " + std::to_string(minimum) + " to " + std::to_string(maximum);
}
}  // namespace

bool NodeAttributes::Present(const char* name, OrtStatus* status) const {
  if (status == nullptr) return true;
  const std::string message = Ort().GetErrorMessage(status);
  Ort().ReleaseStatus(status);
  // ONNX Runtime has one error for an attribute that is absent and another for one of a different type.
  if (message.find("No attribute with name") != std::string::npos) return false;
  Fail(name, message, "another type of attribute");
}

int64_t NodeAttributes::Int(const char* name, int64_t fallback, int64_t minimum, int64_t maximum) const {
  int64_t value = 0;
  if (!Present(name, Ort().KernelInfoGetAttribute_int64(info_, name, &value))) return fallback;
  if (value < minimum || value > maximum) Fail(name, std::to_string(value), Range(minimum, maximum));
  return value;
}

int64_t NodeAttributes::RequiredInt(const char* name, int64_t minimum, int64_t maximum) const {
  int64_t value = 0;
  if (!Present(name, Ort().KernelInfoGetAttribute_int64(info_, name, &value))) Fail(name, "nothing", Range(minimum, maximum));
  if (value < minimum || value > maximum) Fail(name, std::to_string(value), Range(minimum, maximum));
  return value;
}

float NodeAttributes::Float(const char* name, float fallback) const {
  float value = 0;
  if (!Present(name, Ort().KernelInfoGetAttribute_float(info_, name, &value))) return fallback;
  if (std::isnan(value)) Fail(name, "NaN", "a number");
  return value;
}

size_t NodeAttributes::Choice(const char* name, std::initializer_list<std::string_view> choices) const {
  size_t size = 0;
  if (!Present(name, Ort().KernelInfoGetAttribute_string(info_, name, nullptr, &size))) return 0;
  std::string expected = "one of";
  for (const auto choice : choices) expected += " '" + std::string(choice) + "'";
  if (size > kLongestText) Fail(name, "a text of " + std::to_string(size) + " bytes", expected);
  char text[kLongestText + 1] = {};
  Check(Ort().KernelInfoGetAttribute_string(info_, name, text, &size));
  size_t index = 0;
  for (const auto choice : choices) {
    if (choice == text) return index;
    ++index;
  }
  Fail(name, std::string("'").append(text).append("'"), expected);
}

std::optional<Tensor> NodeAttributes::ConstantInput(size_t index) const {
  size_t count = 0;
  Check(Ort().KernelInfo_GetInputCount(info_, &count));
  if (index >= count) return std::nullopt;
  int is_constant = 0;
  const OrtValue* value = nullptr;
  Check(Ort().KernelInfoGetConstantInput_tensor(info_, index, &is_constant, &value));
  if (is_constant == 0 || value == nullptr) return std::nullopt;
  return ReadTensor(index, value);
}

void NodeAttributes::Fail(const char* name, const std::string& found, const std::string& expected) const {
  throw OperatorError(ORT_INVALID_ARGUMENT, std::string("edgefleet.") + definition_.name() + ": attribute '" + name + "' is " +
                                                found + "; expected " + expected + ".");
}

}  // namespace edgefleet
