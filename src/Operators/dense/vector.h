// The widest vectors of the instruction set that this file is compiled for, with the shape of the register tile that suits them.
#pragma once

#if defined(__AVX512F__)
#include "dense/simd_avx512.h"
#elif defined(__AVX2__)
#include "dense/simd_avx2.h"
#elif defined(__aarch64__)
#include "dense/simd_neon.h"
#else
#include "dense/simd_portable.h"
#endif
