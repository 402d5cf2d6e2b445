#include "conv_state_space_dual/conv_state_space_dual.cuh"

namespace edgefleet::cuda {
template bool FusesConvolution<float>(const ConvStateSpaceDualArguments<float>&);
template size_t ConvStateSpaceDualWorkspace<float>(const ConvStateSpaceDualArguments<float>&);
template cudaError_t ConvStateSpaceDual<float>(const ConvStateSpaceDualArguments<float>&, cudaStream_t);
}
