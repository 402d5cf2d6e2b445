// The tensors of one call of ConvStateSpaceDual, checked, for the kernels of each provider.
#pragma once

#include <cstdint>
#include <string>

#include "conv_state_space_dual/contract.h"
#include "memory/rows.h"
#include "registration/packed_input.h"

namespace edgefleet::conv_state_space_dual {

/// Shapes and meanings are those of docs/operators.md. T is the provider's type of activations.
template <typename T>
struct Operands {
  /// Reads the inputs and makes the outputs.
  Operands(KernelContext& context, const Attributes& attributes) {
    const Tensor rates = context.Input(kA, {AtLeast(1)});
    heads = rates.shape[0];
    if (heads % attributes.groups != 0) {
      context.Fail(rates, "has shape " + rates.shape.ToString(), "a multiple of num_groups, " + std::to_string(attributes.groups));
    }
    a = rates.As<float>();
    state = context.Input(kPastState, {AtLeast(1), Exactly(heads), AtLeast(1), AtLeast(1)});
    batch = state.shape[0];
    states = state.shape[2];
    head_size = state.shape[3];
    inner = heads * head_size;
    channels = inner + 2 * attributes.groups * states;
    weights = context.Input(kWeight, {Exactly(channels), AtLeast(1)});
    width = weights.shape[1];
    const Tensor packed = context.Input(kInput, {Exactly(batch), AtLeast(1), AtLeast(attributes.input_offset + channels)});
    tokens = packed.shape[1];
    input = {packed.As<T>() + attributes.input_offset, packed.shape.last()};
    dt = PackedInput<T>(context, kDt, batch, tokens, attributes.dt_offset, heads);
    z = PackedInput<T>(context, kZ, batch, tokens, attributes.z_offset, inner);
    bias = context.Input(kBias, {Exactly(channels)}).template As<float>();
    d = context.Input(kD, {Exactly(heads)}).template As<float>();
    dt_bias = context.Input(kDtBias, {Exactly(heads)}).template As<float>();
    // A window of no rows has no memory.
    const Tensor window = context.Input(kPastWindow);
    context.Expect(window, {Exactly(batch), Exactly(width - 1), Exactly(channels)});
    past_window = window.As<T>();
    y = context.Output<T>(kY, {batch, tokens, inner});
    present_window = context.Output<T>(kPresentWindow, window.shape);
    present_state = context.Output<float>(kPresentState, state.shape);
  }

  Rows<T> input, dt, z;
  const float *bias, *a, *d, *dt_bias;
  const T* past_window;
  T *y, *present_window;
  float* present_state;
  /// With their shapes: how large they may be is for the provider to say.
  Tensor weights, state;
  int64_t batch, tokens, heads, head_size, states, width;
  /// Channels of x, and of x, B and C.
  int64_t inner, channels;
};

}  // namespace edgefleet::conv_state_space_dual
