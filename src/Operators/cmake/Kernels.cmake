# Kernels are written once against simd/floats.h and compiled for each instruction set into its own namespace.
# simd/isa.h lists the same names; simd/isa.cc decides at run time. Sets that only add 8-bit dot products to the one before them
# (EDGEFLEET_DOT_ISAS) get what uses those; the rest is the code of the set before.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(EDGEFLEET_ISAS baseline avx2 avx512)
  set(EDGEFLEET_DOT_ISAS avx512_vnni)
  set(EDGEFLEET_FLAGS_avx2 -mavx2 -mfma -mf16c)
  set(EDGEFLEET_FLAGS_avx512 ${EDGEFLEET_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprfchw -mprefer-vector-width=512)
  set(EDGEFLEET_FLAGS_avx512_vnni ${EDGEFLEET_FLAGS_avx512} -mavx512vnni)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(EDGEFLEET_ISAS baseline neon)
  set(EDGEFLEET_DOT_ISAS neon_dot)
  set(EDGEFLEET_FLAGS_neon -march=armv8-a)
  set(EDGEFLEET_FLAGS_neon_dot -march=armv8.2-a+dotprod+fp16)
else()
  set(EDGEFLEET_ISAS baseline)
  set(EDGEFLEET_DOT_ISAS)
endif()

# For processors older than those of today's boards and desktops: half the time to compile.
set(EDGEFLEET_FLAGS_baseline -O2)

add_library(edgefleet_kernels INTERFACE)

# edgefleet_kernels(ISA FILE...): compiles the files for one instruction set.
function(edgefleet_kernels isa)
  add_library(edgefleet_kernels_${isa} OBJECT ${ARGN} simd/isa_marker.cc)
  target_compile_definitions(edgefleet_kernels_${isa} PRIVATE EDGEFLEET_ISA=${isa} EDGEFLEET_ISA_${isa}=1)
  target_compile_options(edgefleet_kernels_${isa} PRIVATE ${EDGEFLEET_FLAGS_${isa}})
  target_sources(edgefleet_kernels INTERFACE $<TARGET_OBJECTS:edgefleet_kernels_${isa}>)
endfunction()
