// The exported functions of libedgefleet_ops.so (docs/operators.md).
#pragma once

#include <onnxruntime_c_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Registers the operators of domain `edgefleet` with a session. Needs ONNX Runtime 1.23 or newer.
__attribute__((visibility("default"))) OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options,
                                                                                const OrtApiBase* api_base);

/// The library's version with the instruction set chosen on this machine, for example `0.1.0 avx512`.
__attribute__((visibility("default"))) const char* edgefleet_ops_version(void);

/// The operators' version: that of the domain's operator set.
__attribute__((visibility("default"))) int edgefleet_ops_abi(void);

#ifdef __cplusplus
}
#endif
