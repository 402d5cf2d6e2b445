#include "state_space_dual/kernel.h"

#include "memory/workspace.h"
#include "simd/math.h"
#include "simd/register_tile.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

// Tokens of a chunk: its quadratic part costs kChunk / 2 multiplications per token and head channel, the state's part twice the
// state size (128) whatever the chunk. 48 is eight register tiles, and measured 6 % faster than 64 and 10 % than 128.
constexpr int kChunk = 48;
// Chunks whose C B^T products are made at once for all heads: bounds the scratch memory for long prompts.
constexpr int kChunksAtOnce = 16;
// At most this many tokens are cheaper one by one.
constexpr int64_t kRecurrentTokens = 3;
constexpr double kLog2E = 1.4426950408889634;
constexpr double kLargestFloat = 3.4028234663852886e38;

EDGEFLEET_INLINE int64_t Padded(int64_t floats) { return (floats + kLanes - 1) / kLanes * kLanes; }

/// dt = clamp(softplus(dt + bias)) of `tokens` rows for one head.
template <typename T>
void ReadSteps(const StateSpaceDualArguments<T>& a, int64_t row, int tokens, int64_t head, float* dt) {
  const float bias = a.dt_bias == nullptr ? 0.0f : a.dt_bias[head];
  for (int t = 0; t < tokens; ++t) dt[t] = LoadScalar(a.dt.Row(row + t) + head) + bias;
  for (int t = 0; t < tokens; t += kLanes) {
    const int count = Least(kLanes, tokens - t);
    Floats step = LoadUpTo(dt + t, count);
    if (a.dt_softplus) step = Softplus(step);
    StoreUpTo(dt + t, Min(Max(step, Floats::All(a.dt_min)), Floats::All(a.dt_max)), count);
  }
}

/// decay = exp(dt * A)
EDGEFLEET_INLINE void Decays(const float* dt, int tokens, float rate, float* decay) {
  // Finite, so that a time step of zero keeps the state: 0 * infinity would be no number.
  const float binary_rate = static_cast<float>(rate * kLog2E < -kLargestFloat ? -kLargestFloat : rate * kLog2E);
  for (int t = 0; t < tokens; t += kLanes) {
    const int count = Least(kLanes, tokens - t);
    StoreUpTo(decay + t, Exp2(LoadUpTo(dt + t, count) * Floats::All(binary_rate)), count);
  }
}

/// Skip connection, gate and store of one row's outputs of a head from `column` on. With `whole` all vectors are full.
template <int kColumns, typename T>
EDGEFLEET_INLINE void Finish(const StateSpaceDualArguments<T>& a, int64_t row, int64_t head, int64_t column, bool whole,
                             const Floats (&sums)[kColumns]) {
  const int64_t channel = head * a.head_size + column;
  const int64_t left = a.head_size - column;
  const auto lanes = [&](int v) { return whole ? kLanes : static_cast<int>(Least(int64_t{kLanes}, left - v * kLanes)); };
  T* target = a.y + row * a.heads * a.head_size + channel;
  Floats y[kColumns];
#pragma GCC unroll 4
  for (int v = 0; v < kColumns; ++v) y[v] = sums[v];
  if (a.d != nullptr) {
    const T* x = a.x.Row(row) + channel;
    const Floats skip = Floats::All(a.d[head]);
#pragma GCC unroll 4
    for (int v = 0; v < kColumns; ++v) y[v] = MulAdd(skip, LoadUpTo(x + v * kLanes, lanes(v)), y[v]);
  }
  if (a.z.data != nullptr) {
    const T* z = a.z.Row(row) + channel;
#pragma GCC unroll 4
    for (int v = 0; v < kColumns; ++v) y[v] = y[v] * Silu(LoadUpTo(z + v * kLanes, lanes(v)));
  }
#pragma GCC unroll 4
  for (int v = 0; v < kColumns; ++v) StoreUpTo(target + v * kLanes, y[v], lanes(v));
}

// --- One token after another -------------------------------------------------------------------------------------------------

/// kColumns vectors of a head's channels over one token: the state is read and written once.
template <typename T, int kColumns>
void Step(const StateSpaceDualArguments<T>& a, const float* past, float* present, int64_t row, int64_t head, int64_t column, float dt,
          float decay) {
  const int64_t group = head / (a.heads / a.groups);
  const T* b = a.b.Row(row) + group * a.state_size;
  const T* c = a.c.Row(row) + group * a.state_size;
  const int last = static_cast<int>(Least(int64_t{kLanes}, a.head_size - column - (kColumns - 1) * kLanes));
  const auto lanes = [&](int v) { return v == kColumns - 1 ? last : kLanes; };
  Floats dt_x[kColumns];
  Floats y[kColumns];
#pragma GCC unroll 4
  for (int v = 0; v < kColumns; ++v) {
    dt_x[v] = Floats::All(dt) * LoadUpTo(a.x.Row(row) + head * a.head_size + column + v * kLanes, lanes(v));
    y[v] = Floats::Zero();
  }
  for (int64_t n = 0; n < a.state_size; ++n) {
    const Floats input = Floats::All(LoadScalar(b + n));
    const Floats output = Floats::All(LoadScalar(c + n));
#pragma GCC unroll 4
    for (int v = 0; v < kColumns; ++v) {
      const int64_t at = n * a.head_size + column + v * kLanes;
      const Floats state = MulAdd(Floats::All(decay), LoadUpTo(past + at, lanes(v)), input * dt_x[v]);
      StoreUpTo(present + at, state, lanes(v));
      y[v] = MulAdd(output, state, y[v]);
    }
  }
  Finish(a, row, head, column, last == kLanes, y);
}

template <typename T>
void Recur(const StateSpaceDualArguments<T>& a, const ParallelFor& parallel_for) {
  // Heads of a task: their states are at least 64 KiB, some microseconds of work.
  const int64_t head_state = a.state_size * a.head_size;
  const int64_t heads = Least(a.heads, Greatest(int64_t{1}, 16384 / head_state));
  const int64_t blocks = (a.heads + heads - 1) / heads;
  parallel_for(a.batch * blocks, [&](int64_t task) {
    const int64_t sequence = task / blocks;
    for (int64_t head = task % blocks * heads; head < Least((task % blocks + 1) * heads, a.heads); ++head) {
      const float* past = a.past_state + (sequence * a.heads + head) * head_state;
      float* present = a.present_state + (sequence * a.heads + head) * head_state;
      float dt[kLanes];
      float decay[kLanes];
      const int64_t first_row = sequence * a.tokens;
      ReadSteps(a, first_row, static_cast<int>(a.tokens), head, dt);
      Decays(dt, static_cast<int>(a.tokens), a.a[head], decay);
      for (int64_t t = 0; t < a.tokens; ++t) {
        int64_t column = 0;
        for (; column + 4 * kLanes <= a.head_size; column += 4 * kLanes) {
          Step<T, 4>(a, past, present, first_row + t, head, column, dt[t], decay[t]);
        }
        for (; column < a.head_size; column += kLanes) Step<T, 1>(a, past, present, first_row + t, head, column, dt[t], decay[t]);
        past = present;
      }
    }
  });
}

static_assert(kRecurrentTokens <= kLanes);

// --- Chunks (the state-space dual form, section 6 of the paper) ----------------------------------------------------------------

/// What all heads of a group share: rows of B and C as float, and C B^T of each chunk.
template <typename T>
struct GroupChunk {
  Rows<float> b;
  Rows<float> c;
  /// [kChunk, kChunk]: C of token i times B of token j, valid for j <= i.
  float* products;
};

template <typename T>
struct SharedLayout {
  int64_t state_size;
  int64_t chunk_floats;

  explicit SharedLayout(const StateSpaceDualArguments<T>& a) : state_size(Padded(a.state_size)), chunk_floats(kChunk * kChunk) {
    if constexpr (sizeof(T) != sizeof(float)) chunk_floats += 2 * kChunk * state_size;
  }
};

template <typename T>
GroupChunk<T> LocateChunk(const StateSpaceDualArguments<T>& a, const SharedLayout<T>& layout, float* shared, int64_t sequence,
                          int64_t group, int64_t chunk, int64_t row) {
  float* memory = shared + ((sequence * a.groups + group) * kChunksAtOnce + chunk) * layout.chunk_floats;
  if constexpr (sizeof(T) == sizeof(float)) {
    return {{a.b.Row(row) + group * a.state_size, a.b.stride}, {a.c.Row(row) + group * a.state_size, a.c.stride}, memory};
  } else {
    float* b = memory + kChunk * kChunk;
    return {{b, layout.state_size}, {b + kChunk * layout.state_size, layout.state_size}, memory};
  }
}

void Widen(const Half* source, float* target, int64_t size) {
  for (int64_t i = 0; i < size; i += kLanes) Store(target + i, LoadUpTo(source + i, static_cast<int>(Least(int64_t{kLanes}, size - i))));
}

/// Vectors of a tile of C B^T: a divisor of the chunk's.
constexpr int kProductColumns = kChunk / kLanes % kTileColumns == 0 ? kTileColumns : 3;
static_assert(kChunk % (kProductColumns * kLanes) == 0 && kChunk % kTileRows == 0);

template <typename T>
void MultiplyGroupChunk(const StateSpaceDualArguments<T>& a, const GroupChunk<T>& chunk, int64_t group, int64_t row, int tokens) {
  if constexpr (sizeof(T) != sizeof(float)) {
    for (int t = 0; t < tokens; ++t) {
      Widen(a.b.Row(row + t) + group * a.state_size, const_cast<float*>(chunk.b.Row(t)), a.state_size);
      Widen(a.c.Row(row + t) + group * a.state_size, const_cast<float*>(chunk.c.Row(t)), a.state_size);
    }
  }
  float* transposed = ThreadWorkspace(WorkspacePurpose::kTask, a.state_size * kChunk);
  for (int64_t n = 0; n < a.state_size; ++n) {
    for (int t = 0; t < tokens; ++t) transposed[n * kChunk + t] = chunk.b.Row(t)[n];
    for (int t = tokens; t < kChunk; ++t) transposed[n * kChunk + t] = 0.0f;
  }
  for (int i = 0; i < tokens; i += kTileRows) {
    const TileRows rows(chunk.c.data, chunk.c.stride, i, tokens);
    // Columns beyond the last row of this tile are in its future.
    const int columns = Least(i + kTileRows, tokens);
    for (int j = 0; j < columns; j += kProductColumns * kLanes) {
      RegisterTile<kProductColumns> tile;
      tile.Clear();
      tile.Accumulate(rows, 1, transposed + j, kChunk, a.state_size);
      tile.ForEach(rows, [&](int r, int v, Floats sum) { Store(chunk.products + (i + r) * kChunk + j + v * kLanes, sum); });
    }
  }
}



/// A head's buffers for one chunk.
struct HeadBuffers {
  int64_t columns;
  /// At the start of a fresh prompt: then the first chunk has no share of the state.
  bool state_is_zero = false;
  float* state;        // [state_size, columns]
  float* dt_x;         // [kChunk, columns]: dt * x, and once the outputs are made, times the decay to the chunk's end
  float* mask;         // [kChunk, kChunk]
  float* dt;           // [kChunk]
  float* whole;        // [kChunk]: binary exponent of the decay from before the chunk to after token t: an integer
  float* fraction;     // [kChunk]: and the rest of it, in [-1/2, 1/2]
  float* from_start;   // [kChunk]: decay from before the chunk to after token i
  float* to_end;       // [kChunk]: decay from after token j to the chunk's end

  HeadBuffers(int64_t state_size, int64_t head_size) : columns(Padded(head_size)) {
    const int64_t sizes[] = {state_size * columns, kChunk * columns, kChunk * kChunk, kChunk, kChunk, kChunk, kChunk, kChunk};
    int64_t total = 0;
    for (const int64_t size : sizes) total += AlignedFloats(size);
    float* memory = ThreadWorkspace(WorkspacePurpose::kTask, total);
    float** const buffers[] = {&state, &dt_x, &mask, &dt, &whole, &fraction, &from_start, &to_end};
    for (int i = 0; i < 8; ++i) {
      *buffers[i] = memory;
      memory += AlignedFloats(sizes[i]);
    }
  }
};

/// Running sums of dt * A in binary exponents. They are made in double precision and kept as integer and fraction, so that a
/// decay between any two tokens, however many lie between, is as accurate as one exponential. A step is limited to 2^-200, which
/// is zero in float32 anyway: an immense step would otherwise swallow what follows it.
void SumExponents(const HeadBuffers& head, double rate, int tokens) {
  double sum = 0;
  for (int t = 0; t < tokens; ++t) {
    const double step = head.dt[t] * rate;
    sum += step < -200.0 ? -200.0 : step;
    const double whole = __builtin_rint(sum);
    head.whole[t] = static_cast<float>(whole);
    head.fraction[t] = static_cast<float>(sum - whole);
  }
}

/// 2^((whole - other_whole) + (fraction - other_fraction))
EDGEFLEET_INLINE Floats DecayBetween(Floats whole, Floats fraction, Floats other_whole, Floats other_fraction) {
  const Floats r = fraction - other_fraction;
  const Floats n = Round(r);
  return ScaleByPowerOfTwo(Exp2OfFraction(r - n), (whole - other_whole) + n);
}

/// mask[i][j] = (C_i . B_j) times the decay from after token j to after token i. Decays are powers of differences, never quotients
/// of vanishing numbers.
void MaskProducts(const HeadBuffers& head, const float* products, int tokens) {
  for (int t = 0; t < tokens; t += kLanes) {
    const int count = Least(kLanes, tokens - t);
    StoreUpTo(head.from_start + t,
              DecayBetween(LoadUpTo(head.whole + t, count), LoadUpTo(head.fraction + t, count), Floats::Zero(), Floats::Zero()), count);
  }
  for (int i = 0; i < tokens; ++i) {
    const Floats whole = Floats::All(head.whole[i]);
    const Floats fraction = Floats::All(head.fraction[i]);
    const float* row = products + i * kChunk;
    float* masked = head.mask + i * kChunk;
    for (int j = 0; j < i; j += kLanes) {
      const Floats decay = DecayBetween(whole, fraction, Load(head.whole + j), Load(head.fraction + j));
      Store(masked + j, decay * Load(row + j));
      if (i == tokens - 1) Store(head.to_end + j, decay);
    }
    // Lanes at and beyond i hold what is not between two tokens.
    masked[i] = row[i];
    for (int j = i + 1; j < Least(i + kTileRows, kChunk); ++j) masked[j] = 0.0f;
  }
  head.to_end[tokens - 1] = 1.0f;
}

/// A head's pieces of neighbouring rows lie too far apart for the hardware to foresee. While a tile is computed, its own rows of the
/// output and the same rows of the next chunk's input are fetched.
template <typename T>
EDGEFLEET_INLINE void PrefetchRows(const StateSpaceDualArguments<T>& a, int64_t row, int64_t channel, int channels) {
  constexpr int kLineElements = 64 / sizeof(T);
  const int64_t last = a.batch * a.tokens - 1;
  for (int r = 0; r < kTileRows; ++r) {
    const T* x = a.x.Row(Least(row + r + kChunk, last)) + channel;
    const T* y = a.y + Least(row + r, last) * a.heads * a.head_size + channel;
    for (int i = 0; i < channels; i += kLineElements) {
      __builtin_prefetch(x + i, 0, 2);
      __builtin_prefetch(y + i, 1, 3);
    }
  }
}

template <int kColumns, typename T>
void ChunkOutputs(const StateSpaceDualArguments<T>& a, const GroupChunk<T>& chunk, const HeadBuffers& head, int64_t row, int tokens,
                  int64_t head_index, int64_t column) {
  for (int i = 0; i < tokens; i += kTileRows) {
    const TileRows c_rows(chunk.c.data, chunk.c.stride, i, tokens);
    const TileRows mask_rows(head.mask, kChunk, i, tokens);
    PrefetchRows(a, row + i, head_index * a.head_size + column, kColumns * kLanes);
    RegisterTile<kColumns> tile;
    tile.Clear();
    if (!head.state_is_zero) {
      tile.Accumulate(c_rows, 1, head.state + column, head.columns, a.state_size);
      tile.ScaleRows(c_rows, head.from_start + i);
    }
    tile.Accumulate(mask_rows, 1, head.dt_x + column, head.columns, Least(i + kTileRows, tokens));
    const auto finish = [&](bool whole) {
#pragma GCC unroll 6
      for (int r = 0; r < kTileRows; ++r) {
        if (r < c_rows.valid) Finish(a, row + i + r, head_index, column, whole, tile.sums[r]);
      }
    };
    if (column + kColumns * kLanes <= a.head_size) {
      finish(true);
    } else {
      finish(false);
    }
  }
}

template <int kColumns>
void ChunkState(const Rows<float>& b, const HeadBuffers& head, int64_t state_size, int tokens, int64_t column) {
  for (int t = 0; t < tokens; ++t) {
    float* dt_x = head.dt_x + t * head.columns + column;
#pragma GCC unroll 4
    for (int v = 0; v < kColumns; ++v) Store(dt_x + v * kLanes, Floats::All(head.to_end[t]) * Load(dt_x + v * kLanes));
  }
  const float total = head.from_start[tokens - 1];
  for (int64_t n = 0; n < state_size; n += kTileRows) {
    const TileRows rows(b.data, 1, n, state_size);
    RegisterTile<kColumns> tile;
    tile.LoadScaled(rows, head.state + n * head.columns + column, head.columns, total);
    tile.Accumulate(rows, b.stride, head.dt_x + column, head.columns, tokens);
    tile.ForEach(rows, [&](int r, int v, Floats sum) { Store(head.state + (n + r) * head.columns + column + v * kLanes, sum); });
  }
}

template <typename Action>
EDGEFLEET_INLINE void ForEachColumnTile(int64_t columns, Action action) {
  int64_t column = 0;
  for (; column + kTileColumns * kLanes <= columns; column += kTileColumns * kLanes) {
    action.template operator()<kTileColumns>(column);
  }
  for (; column + 2 * kLanes <= columns; column += 2 * kLanes) action.template operator()<2>(column);
  for (; column < columns; column += kLanes) action.template operator()<1>(column);
}

template <typename T>
void HeadChunk(const StateSpaceDualArguments<T>& a, const GroupChunk<T>& chunk, const HeadBuffers& head, int64_t row, int tokens,
               int64_t head_index) {
  ReadSteps(a, row, tokens, head_index, head.dt);
  SumExponents(head, static_cast<double>(a.a[head_index]) * kLog2E, tokens);
  MaskProducts(head, chunk.products, tokens);
  for (int t = 0; t < tokens; ++t) {
    const T* x = a.x.Row(row + t) + head_index * a.head_size;
    const Floats dt = Floats::All(head.dt[t]);
    for (int64_t p = 0; p < a.head_size; p += kLanes) {
      const int count = static_cast<int>(Least(int64_t{kLanes}, a.head_size - p));
      Store(head.dt_x + t * head.columns + p, dt * LoadUpTo(x + p, count));
    }
  }
  ForEachColumnTile(head.columns, [&]<int kColumns>(int64_t column) {
    ChunkOutputs<kColumns>(a, chunk, head, row, tokens, head_index, column);
    ChunkState<kColumns>(chunk.b, head, a.state_size, tokens, column);
  });
}

bool IsZero(const float* values, int64_t size) {
  Floats greatest = Floats::Zero();
  for (int64_t i = 0; i < size; i += kLanes) greatest = Max(greatest, Abs(Load(values + i)));
  return GreatestLane(greatest) == 0.0f;
}

void CopyState(const float* source, int64_t source_stride, float* target, int64_t target_stride, int64_t rows, int64_t size) {
  for (int64_t n = 0; n < rows; ++n) {
    for (int64_t p = 0; p < size; p += kLanes) {
      const int count = static_cast<int>(Least(int64_t{kLanes}, size - p));
      StoreUpTo(target + n * target_stride + p, LoadUpTo(source + n * source_stride + p, count), count);
    }
  }
}

template <typename T>
void Chunked(const StateSpaceDualArguments<T>& a, const ParallelFor& parallel_for) {
  const SharedLayout<T> layout(a);
  float* shared = ThreadWorkspace(WorkspacePurpose::kCall, a.batch * a.groups * kChunksAtOnce * layout.chunk_floats);
  const int64_t head_state = a.state_size * a.head_size;
  // States of whole vectors are worked on where they are. Then a task takes several heads through a chunk before the next chunk: their
  // pieces of a row of x are neighbours. There remain enough tasks for a dozen cores. Other states need a buffer with padded rows.
  const bool in_place = a.head_size % kLanes == 0;
  const int64_t heads = in_place ? Least(int64_t{4}, Greatest(int64_t{1}, a.batch * a.heads / 12)) : 1;
  const int64_t blocks = (a.heads + heads - 1) / heads;
  const float* past = a.past_state;
  for (int64_t first = 0; first < a.tokens; first += kChunk * kChunksAtOnce) {
    const int64_t end = Least(first + kChunk * kChunksAtOnce, a.tokens);
    const int64_t chunks = (end - first + kChunk - 1) / kChunk;
    const auto tokens_of = [&](int64_t chunk) { return static_cast<int>(Least(int64_t{kChunk}, end - first - chunk * kChunk)); };
    parallel_for(a.batch * a.groups * chunks, [&](int64_t task) {
      const int64_t chunk = task % chunks;
      const int64_t group = task / chunks % a.groups;
      const int64_t sequence = task / chunks / a.groups;
      const int64_t row = sequence * a.tokens + first + chunk * kChunk;
      MultiplyGroupChunk(a, LocateChunk(a, layout, shared, sequence, group, chunk, row), group, row, tokens_of(chunk));
    });
    parallel_for(a.batch * blocks, [&](int64_t task) {
      const int64_t sequence = task / blocks;
      const int64_t first_head = task % blocks * heads;
      const int64_t end_head = Least(first_head + heads, a.heads);
      HeadBuffers head(a.state_size, a.head_size);
      float* const padded_state = head.state;
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        const int64_t row = sequence * a.tokens + first + chunk * kChunk;
        for (int64_t head_index = first_head; head_index < end_head; ++head_index) {
          const int64_t group = head_index / (a.heads / a.groups);
          const int64_t offset = (sequence * a.heads + head_index) * head_state;
          float* present = a.present_state + offset;
          head.state = in_place ? present : padded_state;
          const bool begins = chunk == 0 && (!in_place || past != a.present_state);
          if (begins) CopyState(past + offset, a.head_size, head.state, head.columns, a.state_size, a.head_size);
          head.state_is_zero = chunk == 0 && IsZero(head.state, a.state_size * head.columns);
          HeadChunk(a, LocateChunk(a, layout, shared, sequence, group, chunk, row), head, row, tokens_of(chunk), head_index);
          const bool ends = chunk == chunks - 1 && !in_place;
          if (ends) CopyState(head.state, head.columns, present, a.head_size, a.state_size, a.head_size);
        }
      }
    });
    past = a.present_state;
  }
}

template <typename T>
void StateSpaceDual(const StateSpaceDualArguments<T>& a, const ParallelFor& parallel_for) {
  if (a.tokens <= kRecurrentTokens) {
    Recur(a, parallel_for);
  } else {
    Chunked(a, parallel_for);
  }
}

}  // namespace

void StateSpaceDualFloat(const StateSpaceDualArguments<float>& a, const ParallelFor& parallel_for) { StateSpaceDual(a, parallel_for); }

void StateSpaceDualHalf(const StateSpaceDualArguments<Half>& a, const ParallelFor& parallel_for) { StateSpaceDual(a, parallel_for); }

}  // namespace edgefleet::EDGEFLEET_ISA
