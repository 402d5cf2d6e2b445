#include "selective_scan/selective_scan.cuh"

namespace edgefleet::cuda {
template cudaError_t SelectiveScan<__half>(const SelectiveScanArguments<__half>&, cudaStream_t, SelectiveScanRoute, int);
}
