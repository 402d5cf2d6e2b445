#include "state_space_dual/state_space_dual.cuh"

namespace edgefleet::cuda {
template cudaError_t StateSpaceDual<float>(const StateSpaceDualArguments<float>&, cudaStream_t, StateSpaceDualRoute);
}
