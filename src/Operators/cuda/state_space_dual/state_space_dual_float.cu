#include "state_space_dual/state_space_dual.cuh"

namespace edgefleet::cuda {
template size_t StateSpaceDualWorkspace<float>(const StateSpaceDualArguments<float>&, StateSpaceDualRoute, int);
template cudaError_t StateSpaceDual<float>(const StateSpaceDualArguments<float>&, cudaStream_t, StateSpaceDualRoute, int);
}
