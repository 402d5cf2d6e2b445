// The table of functions of the ONNX Runtime that loaded this library.
#pragma once

#include <onnxruntime_c_api.h>

#include <cstdint>

namespace edgefleet {

/// The oldest runtime that is served. Functions newer than this are called only behind `OrtVersion() >= n`.
inline constexpr uint32_t kOldestOrtVersion = 23;

/// Finds the newest table that both the runtime and this library's headers know; null when the runtime is too old.
const OrtApi* InitialiseOrt(const OrtApiBase* api_base);

/// The table; valid after `InitialiseOrt`.
const OrtApi& Ort();

/// The version of the table.
uint32_t OrtVersion();

/// Throws `OperatorError` with the runtime's message when `status` is an error, and releases it.
void Check(OrtStatus* status);

}  // namespace edgefleet
