#include "conv_state_space_dual/conv_state_space_dual.cuh"

namespace edgefleet::cuda {
template bool FusesConvolution<__nv_bfloat16>(const ConvStateSpaceDualArguments<__nv_bfloat16>&);
template size_t ConvStateSpaceDualWorkspace<__nv_bfloat16>(const ConvStateSpaceDualArguments<__nv_bfloat16>&);
template cudaError_t ConvStateSpaceDual<__nv_bfloat16>(const ConvStateSpaceDualArguments<__nv_bfloat16>&, cudaStream_t);
}
