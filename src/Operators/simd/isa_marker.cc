// Fails the build when the flags of cmake/Kernels.cmake do not give what the instruction set's name promises.
#if defined(EDGEFLEET_ISA_avx512_vnni) && !defined(__AVX512VNNI__)
#error "avx512_vnni needs -mavx512vnni"
#elif (defined(EDGEFLEET_ISA_avx512) || defined(EDGEFLEET_ISA_avx512_vnni)) && \
    !(defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__))
#error "avx512 needs -mavx512f -mavx512bw -mavx512dq -mavx512vl"
#elif defined(EDGEFLEET_ISA_avx2) && !(defined(__AVX2__) && defined(__FMA__) && defined(__F16C__))
#error "avx2 needs -mavx2 -mfma -mf16c"
#elif defined(EDGEFLEET_ISA_neon_dot) && !defined(__ARM_FEATURE_DOTPROD)
#error "neon_dot needs +dotprod"
#endif
