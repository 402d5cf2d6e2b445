#include "selective_scan/selective_scan.cuh"

namespace edgefleet::cuda {
template cudaError_t SelectiveScan<float>(const SelectiveScanArguments<float>&, cudaStream_t, SelectiveScanRoute, int);
}
