#include "state_space_dual/state_space_dual.cuh"

namespace edgefleet::cuda {
template size_t StateSpaceDualWorkspace<__nv_bfloat16>(const StateSpaceDualArguments<__nv_bfloat16>&, StateSpaceDualRoute, int);
template cudaError_t StateSpaceDual<__nv_bfloat16>(const StateSpaceDualArguments<__nv_bfloat16>&, cudaStream_t, StateSpaceDualRoute, int);
}
