#include "causal_conv1d/kernel.h"

#include "simd/math.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

// Elements of a task: about 10 us.
constexpr int64_t kTaskElements = 16384;
// A row's piece of this many channels, and the rows before it that the taps read, stay in the first-level cache.
constexpr int64_t kMaxChannelBlock = 512;
constexpr int kTokensAtOnce = 4;

template <typename T>
struct Block {
  int64_t sequence;
  int64_t first_token;
  int64_t end_token;
  int64_t first_channel;
  int64_t end_channel;
};

/// Token `t` of a sequence, where negative ones are in the window.
template <typename T>
EDGEFLEET_INLINE const T* TokenRow(const CausalConv1dArguments<T>& a, int64_t sequence, int64_t t) {
  return t < 0 ? a.past_window + (sequence * (a.width - 1) + t + a.width - 1) * a.channels : a.input.Row(sequence * a.tokens + t);
}

template <typename T>
EDGEFLEET_INLINE Floats Tap(const CausalConv1dArguments<T>& a, int tap, int64_t channel, int count) {
  if (a.weight_by_tap != nullptr) return LoadUpTo(a.weight_by_tap + tap * a.channels + channel, count);
  float lanes[kLanes] = {};
  for (int i = 0; i < count; ++i) lanes[i] = a.weight[(channel + i) * a.width + tap];
  return Load(lanes);
}

/// `kTokens` outputs of all channels of a block. kWidth 0 stands for any width.
template <typename T, int kWidth, int kTokens>
void Convolve(const CausalConv1dArguments<T>& a, const Block<T>& block, int64_t token) {
  constexpr int kMaxWidth = kWidth == 0 ? kMaxConvolutionWidth : kWidth;
  const int width = kWidth == 0 ? a.width : kWidth;
  const T* rows[kMaxWidth - 1 + kTokens];
  for (int i = 0; i < width - 1 + kTokens; ++i) rows[i] = TokenRow(a, block.sequence, token - (width - 1) + i);
  T* output = a.output + (block.sequence * a.tokens + token) * a.channels;
  for (int64_t c = block.first_channel; c < block.end_channel; c += kLanes) {
    const int count = static_cast<int>(Least(int64_t{kLanes}, block.end_channel - c));
    Floats sum[kTokens];
    const Floats bias = a.bias == nullptr ? Floats::Zero() : LoadUpTo(a.bias + c, count);
    for (int t = 0; t < kTokens; ++t) sum[t] = bias;
    if constexpr (kWidth != 0) {
      Floats x[kWidth - 1 + kTokens];
#pragma GCC unroll 8
      for (int i = 0; i < kWidth - 1 + kTokens; ++i) x[i] = LoadUpTo(rows[i] + c, count);
#pragma GCC unroll 4
      for (int tap = 0; tap < kWidth; ++tap) {
        const Floats weight = Tap(a, tap, c, count);
#pragma GCC unroll 4
        for (int t = 0; t < kTokens; ++t) sum[t] = MulAdd(weight, x[tap + t], sum[t]);
      }
    } else {
      for (int tap = 0; tap < width; ++tap) {
        const Floats weight = Tap(a, tap, c, count);
        for (int t = 0; t < kTokens; ++t) sum[t] = MulAdd(weight, LoadUpTo(rows[tap + t] + c, count), sum[t]);
      }
    }
    for (int t = 0; t < kTokens; ++t) {
      StoreUpTo(output + t * a.channels + c, a.silu ? Silu(sum[t]) : sum[t], count);
    }
  }
}

template <typename T, int kWidth>
void ConvolveBlock(const CausalConv1dArguments<T>& a, const Block<T>& block) {
  int64_t token = block.first_token;
  for (; token + kTokensAtOnce <= block.end_token; token += kTokensAtOnce) Convolve<T, kWidth, kTokensAtOnce>(a, block, token);
  for (; token < block.end_token; ++token) Convolve<T, kWidth, 1>(a, block, token);
}

/// The last width - 1 tokens of window and input together. Rows move towards the front, so one buffer may be both windows.
template <typename T>
void SlideWindow(const CausalConv1dArguments<T>& a, const Block<T>& block) {
  for (int i = 0; i < a.width - 1; ++i) {
    const T* source = TokenRow(a, block.sequence, a.tokens - (a.width - 1) + i);
    T* target = a.present_window + (block.sequence * (a.width - 1) + i) * a.channels;
    __builtin_memmove(target + block.first_channel, source + block.first_channel,
                      static_cast<size_t>(block.end_channel - block.first_channel) * sizeof(T));
  }
}

template <typename T>
void CausalConv1d(const CausalConv1dArguments<T>& a, const ParallelFor& parallel_for) {
  const int64_t widest = Greatest(kMaxChannelBlock, kTaskElements / a.tokens);
  const int64_t channel_blocks = (a.channels + widest - 1) / widest;
  const int64_t channels = ((a.channels + channel_blocks - 1) / channel_blocks + kLanes - 1) / kLanes * kLanes;
  const int64_t tokens = Greatest(int64_t{kTokensAtOnce}, kTaskElements / channels / kTokensAtOnce * kTokensAtOnce);
  const int64_t token_blocks = (a.tokens + tokens - 1) / tokens;
  parallel_for(a.batch * token_blocks * channel_blocks, [&](int64_t task) {
    const int64_t channel_block = task % channel_blocks;
    const int64_t token_block = task / channel_blocks % token_blocks;
    const Block<T> block{task / channel_blocks / token_blocks, token_block * tokens, Least((token_block + 1) * tokens, a.tokens),
                         Least(channel_block * channels, a.channels), Least((channel_block + 1) * channels, a.channels)};
    switch (a.width) {
      case 2: ConvolveBlock<T, 2>(a, block); break;
      case 3: ConvolveBlock<T, 3>(a, block); break;
      case 4: ConvolveBlock<T, 4>(a, block); break;
      default: ConvolveBlock<T, 0>(a, block); break;
    }
    // Only the first tokens read the old window, and the first block is longer than any window unless it is the only one.
    if (token_block == 0) SlideWindow(a, block);
  });
}

}  // namespace

void CausalConv1dFloat(const CausalConv1dArguments<float>& a, const ParallelFor& parallel_for) { CausalConv1d(a, parallel_for); }

void CausalConv1dHalf(const CausalConv1dArguments<Half>& a, const ParallelFor& parallel_for) { CausalConv1d(a, parallel_for); }

}  // namespace edgefleet::EDGEFLEET_ISA
