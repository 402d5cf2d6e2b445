#include "selective_scan/selective_scan.cuh"

namespace edgefleet::cuda {
template cudaError_t SelectiveScan<__nv_bfloat16>(const SelectiveScanArguments<__nv_bfloat16>&, cudaStream_t, SelectiveScanRoute, int);
}
