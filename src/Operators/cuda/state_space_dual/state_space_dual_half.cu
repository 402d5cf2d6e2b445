#include "state_space_dual/state_space_dual.cuh"

namespace edgefleet::cuda {
template size_t StateSpaceDualWorkspace<__half>(const StateSpaceDualArguments<__half>&, StateSpaceDualRoute, int);
template cudaError_t StateSpaceDual<__half>(const StateSpaceDualArguments<__half>&, cudaStream_t, StateSpaceDualRoute, int);
}
