#include "conv_state_space_dual/conv_state_space_dual.cuh"

namespace edgefleet::cuda {
template bool FusesConvolution<__half>(const ConvStateSpaceDualArguments<__half>&);
template size_t ConvStateSpaceDualWorkspace<__half>(const ConvStateSpaceDualArguments<__half>&);
template cudaError_t ConvStateSpaceDual<__half>(const ConvStateSpaceDualArguments<__half>&, cudaStream_t);
}
