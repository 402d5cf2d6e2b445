#include "selective_scan/kernel.h"

#include "simd/math.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

// Channels of a task: whole cache lines of each row, and small enough that a narrow layer still occupies many cores.
constexpr int kChannels = 64;
constexpr int kVectors = kChannels / kLanes;
// Tokens for which time steps and outputs are kept in the first-level cache while the states pass over them in groups.
constexpr int kTokens = 32;
// States that stay in registers over these tokens.
constexpr int kStates = Floats::kRegisters == 32 ? 8 : 4;
constexpr float kLog2E = 1.44269504f;
constexpr float kLargestFloat = 3.40282347e38f;

struct Tile {
  alignas(64) float dt[kTokens][kChannels];
  alignas(64) float dt_u[kTokens][kChannels];
  alignas(64) float y[kTokens][kChannels];
  /// Of the group of states at hand.
  alignas(64) float b[kTokens][kStates];
  alignas(64) float c[kTokens][kStates];
};

/// Time steps, and time steps times inputs, of `tokens` rows.
template <typename T>
void PrepareSteps(const SelectiveScanArguments<T>& a, Tile& tile, int64_t row, int tokens, int64_t channel, int channels) {
  for (int v = 0; v * kLanes < channels; ++v) {
    const int64_t first = channel + v * kLanes;
    const int count = Least(kLanes, channels - v * kLanes);
    const Floats bias = a.delta_bias == nullptr ? Floats::Zero() : LoadUpTo(a.delta_bias + first, count);
    for (int t = 0; t < tokens; ++t) {
      Floats dt = LoadUpTo(a.delta.Row(row + t) + first, count) + bias;
      if (a.delta_softplus) dt = Softplus(dt);
      Store(&tile.dt[t][v * kLanes], dt);
      Store(&tile.dt_u[t][v * kLanes], dt * LoadUpTo(a.u.Row(row + t) + first, count));
    }
  }
}

/// Moves kCount states of all channels over `tokens` tokens and adds their share of the outputs.
template <int kCount, typename T>
void Scan(const SelectiveScanArguments<T>& a, Tile& tile, const float* past, float* present, int64_t row, int tokens, int64_t n,
          int64_t channel, int channels) {
  for (int t = 0; t < tokens; ++t) {
    for (int i = 0; i < kCount; ++i) {
      tile.b[t][i] = LoadScalar(a.b.Row(row + t) + n + i);
      tile.c[t][i] = LoadScalar(a.c.Row(row + t) + n + i);
    }
  }
  for (int v = 0; v * kLanes < channels; ++v) {
    const int count = Least(kLanes, channels - v * kLanes);
    const int64_t first = n * a.channels + channel + v * kLanes;
    Floats state[kCount];
    Floats rate[kCount];
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) {
      state[i] = LoadUpTo(past + first + i * a.channels, count);
      // Finite, so that a time step of zero keeps the state: 0 * infinity would be no number.
      rate[i] = Max(LoadUpTo(a.a + first + i * a.channels, count) * Floats::All(kLog2E), Floats::All(-kLargestFloat));
    }
    for (int t = 0; t < tokens; ++t) {
      const Floats dt = Load(&tile.dt[t][v * kLanes]);
      const Floats dt_u = Load(&tile.dt_u[t][v * kLanes]);
      Floats y = n == 0 ? Floats::Zero() : Load(&tile.y[t][v * kLanes]);
#pragma GCC unroll 8
      for (int i = 0; i < kCount; ++i) {
        state[i] = MulAdd(Exp2(dt * rate[i]), state[i], dt_u * Floats::All(tile.b[t][i]));
        y = MulAdd(state[i], Floats::All(tile.c[t][i]), y);
      }
      Store(&tile.y[t][v * kLanes], y);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) StoreUpTo(present + first + i * a.channels, state[i], count);
  }
}

/// Skip connection, gate, and the rows of the output.
template <typename T>
void Finish(const SelectiveScanArguments<T>& a, const Tile& tile, int64_t row, int tokens, int64_t channel, int channels) {
  for (int v = 0; v * kLanes < channels; ++v) {
    const int64_t first = channel + v * kLanes;
    const int count = Least(kLanes, channels - v * kLanes);
    const Floats skip = a.d == nullptr ? Floats::Zero() : LoadUpTo(a.d + first, count);
    for (int t = 0; t < tokens; ++t) {
      Floats y = Load(&tile.y[t][v * kLanes]);
      if (a.d != nullptr) y = MulAdd(skip, LoadUpTo(a.u.Row(row + t) + first, count), y);
      if (a.z.data != nullptr) y = y * Silu(LoadUpTo(a.z.Row(row + t) + first, count));
      StoreUpTo(a.y + (row + t) * a.channels + first, y, count);
    }
  }
}

template <typename T>
void SelectiveScan(const SelectiveScanArguments<T>& a, const ParallelFor& parallel_for) {
  const int64_t blocks = (a.channels + kChannels - 1) / kChannels;
  // Few tokens are little work: then a task takes several blocks of channels.
  const int64_t task_blocks = Greatest(int64_t{1}, 16 / a.tokens);
  const int64_t tasks = (blocks + task_blocks - 1) / task_blocks;
  parallel_for(a.batch * tasks, [&](int64_t task) {
    const int64_t sequence = task / tasks;
    const int64_t first_block = task % tasks * task_blocks;
    const int64_t state_offset = sequence * a.state_size * a.channels;
    Tile tile;
    for (int64_t block = first_block; block < Least(first_block + task_blocks, blocks); ++block) {
      const int64_t channel = block * kChannels;
      const int channels = static_cast<int>(Least(int64_t{kChannels}, a.channels - channel));
      const float* past = a.past_state + state_offset;
      float* present = a.present_state + state_offset;
      for (int64_t token = 0; token < a.tokens; token += kTokens) {
        const int tokens = static_cast<int>(Least(int64_t{kTokens}, a.tokens - token));
        const int64_t row = sequence * a.tokens + token;
        PrepareSteps(a, tile, row, tokens, channel, channels);
        int64_t n = 0;
        for (; n + kStates <= a.state_size; n += kStates) {
          Scan<kStates>(a, tile, past, present, row, tokens, n, channel, channels);
        }
        for (; n < a.state_size; ++n) Scan<1>(a, tile, past, present, row, tokens, n, channel, channels);
        Finish(a, tile, row, tokens, channel, channels);
        past = present;
      }
    }
  });
}

static_assert(kVectors >= 1 && kChannels % kLanes == 0);

}  // namespace

void SelectiveScanFloat(const SelectiveScanArguments<float>& a, const ParallelFor& parallel_for) { SelectiveScan(a, parallel_for); }

void SelectiveScanHalf(const SelectiveScanArguments<Half>& a, const ParallelFor& parallel_for) { SelectiveScan(a, parallel_for); }

}  // namespace edgefleet::EDGEFLEET_ISA
