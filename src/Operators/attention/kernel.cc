#include "attention/kernel.h"

#include "dense/tile_product.h"
#include "dense/vector.h"
#include "simd/math.h"

// Attention with online softmax: T. Dao, "FlashAttention-2", arXiv 2307.08691. Splits over keys that are joined afterwards: T. Dao,
// D. Haziza, F. Massa, G. Sizov, "Flash-Decoding for long-context inference" (2023).
namespace edgefleet::EDGEFLEET_ISA {
namespace {

using S = DenseVector;

constexpr float kLowest = -3.0e38f;
constexpr size_t kPanel = kPanelWidth<S>;
static_assert(kAttentionKeys % kPanel == 0);

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

// Parts of the workspace, in floats.
struct Layout {
  size_t value_stride;  // of packed values; their rows end on whole vectors
  size_t queries;
  size_t sums;
  size_t maxima;
  size_t weights;
  size_t scores;
  size_t keys;
  size_t values;
  size_t floats;

  Layout(size_t rows, size_t head_size) {
    value_stride = RoundUp(head_size, S::kLanes);
    size_t at = 0;
    const auto take = [&at](size_t count) {
      const size_t from = at;
      at += (count + 15) / 16 * 16;
      return from;
    };
    queries = take(rows * head_size);
    sums = take(rows * head_size);
    maxima = take(rows);
    weights = take(rows);
    scores = take(S::kTileRows * kAttentionKeys);
    keys = take(kAttentionKeys * head_size);
    values = take(value_stride == head_size ? 0 : kAttentionKeys * value_stride);
    floats = at;
  }
};

// target = rotate(norm(source)) * scale for one head of one token.
void PrepareHead(const AttentionArguments& a, const float* source, const float* norm, size_t position, float scale, float* target) {
  const size_t d = a.head_size;
  float factor = scale;
  if (norm != nullptr) {
    float squares = 0.0f;
    for (size_t i = 0; i < d; i += kLanes) {
      const int count = static_cast<int>(Least(d - i, size_t{kLanes}));
      const Floats x = LoadUpTo(source + i, count);
      squares += Sum(x * x);
    }
    factor *= 1.0f / __builtin_sqrtf(squares / static_cast<float>(d) + a.norm_epsilon);
  }
  for (size_t i = 0; i < d; i++) target[i] = source[i] * factor * (norm != nullptr ? norm[i] : 1.0f);
  if (a.cos == nullptr) return;
  const size_t half = a.rotary_half;
  const float* cos = a.cos + position * half;
  const float* sin = a.sin + position * half;
  if (a.rotary_interleaved) {
    for (size_t i = 0; i < half; i++) {
      const float x = target[2 * i];
      const float y = target[2 * i + 1];
      target[2 * i] = x * cos[i] - y * sin[i];
      target[2 * i + 1] = x * sin[i] + y * cos[i];
    }
  } else {
    for (size_t i = 0; i < half; i++) {
      const float x = target[i];
      const float y = target[half + i];
      target[i] = x * cos[i] - y * sin[i];
      target[half + i] = x * sin[i] + y * cos[i];
    }
  }
}

void Copy(const float* source, size_t count, float* target) {
  for (size_t i = 0; i < count; i++) target[i] = source[i];
}

// One row of scores becomes weights exp(score - maximum), zero outside first..last-1 of columns 0..used-1.
// Returns the factor that earlier sums of the row take.
float SoftmaxRow(float* scores, size_t first, size_t last, size_t begin, size_t end, float& maximum, float& weight) {
  Floats largest = Floats::All(maximum);
  for (size_t i = first; i < last; i += kLanes) {
    const size_t count = last - i;
    if (count >= size_t{kLanes}) {
      largest = Max(largest, Load(scores + i));
    } else {
      for (size_t j = i; j < last; j++) largest = Max(largest, Floats::All(scores[j]));
    }
  }
  const float new_maximum = GreatestLane(largest);
  const Floats shift = Floats::All(new_maximum);
  Floats sum = Floats::Zero();
  for (size_t i = begin; i < first; i++) scores[i] = 0.0f;
  size_t i = first;
  for (; i + kLanes <= last; i += kLanes) {
    const Floats e = Exp(Load(scores + i) - shift);
    Store(scores + i, e);
    sum = sum + e;
  }
  float total = Sum(sum);
  if (i < last) {
    float tail[kLanes];
    const int count = static_cast<int>(last - i);
    Store(tail, Exp(LoadPartial(scores + i, count) - shift));
    for (int j = 0; j < count; j++) {
      scores[i + static_cast<size_t>(j)] = tail[j];
      total += tail[j];
    }
  }
  for (size_t j = last; j < end; j++) scores[j] = 0.0f;
  float shrink[kLanes];
  Store(shrink, Exp(Floats::All(maximum - new_maximum)));
  weight = weight * shrink[0] + total;
  maximum = new_maximum;
  return shrink[0];
}

}  // namespace

void AttentionAppend(const AttentionArguments& a, size_t batch_row, size_t kv_head, size_t first_token, size_t last_token) {
  const size_t head = batch_row * a.kv_heads + kv_head;
  for (size_t t = first_token; t < last_token; t++) {
    const size_t row = batch_row * a.tokens + t;
    const size_t at = (head * a.capacity + a.past + t) * a.head_size;
    PrepareHead(a, a.key + row * a.key_stride + kv_head * a.head_size, a.key_norm, a.past + t, 1.0f, a.present_key + at);
    Copy(a.value + row * a.value_stride + kv_head * a.head_size, a.head_size, a.present_value + at);
  }
}

size_t AttentionWorkspace(size_t rows, size_t head_size) { return Layout(rows, head_size).floats * sizeof(float); }

void AttentionBlock(const AttentionArguments& a, const AttentionTask& task, void* workspace) {
  const size_t d = a.head_size;
  const size_t group = a.group();
  const size_t rows = (task.last_token - task.first_token) * group;
  const Layout layout(rows, d);
  float* const memory = static_cast<float*>(workspace);
  float* const queries = memory + layout.queries;
  float* const sums = memory + layout.sums;
  float* const maxima = memory + layout.maxima;
  float* const weights = memory + layout.weights;
  float* const scores = memory + layout.scores;
  float* const packed_keys = memory + layout.keys;

  for (size_t r = 0; r < rows; r++) {
    const size_t token = task.first_token + r / group;
    const size_t head = task.kv_head * group + r % group;
    PrepareHead(a, a.query + (task.batch_row * a.tokens + token) * a.query_stride + head * d, a.query_norm, a.past + token, a.scale,
                queries + r * d);
    maxima[r] = kLowest;
    weights[r] = 0.0f;
  }
  for (size_t i = 0; i < rows * d; i++) sums[i] = 0.0f;

  const size_t cache = (task.batch_row * a.kv_heads + task.kv_head) * a.capacity * d;
  const size_t groups = (rows + S::kTileRows - 1) / S::kTileRows;
  for (size_t key = task.first_key; key < task.last_key; key += kAttentionKeys) {
    const size_t keys = Least(kAttentionKeys, task.last_key - key);
    const float* source = a.present_key + cache + key * d;
    const float* values = a.present_value + cache + key * d;
    for (size_t c = 0; c < keys; c += kPanel) {
      // The next panel and the values of this one: packing reads across rows, which the hardware's prefetch does not follow.
      for (size_t i = 0; i < kPanel * d; i += 16) {
        __builtin_prefetch(source + (c + kPanel) * d + i, 0, 3);
        __builtin_prefetch(values + c * d + i, 0, 2);
      }
      PackPanel<S>(source + c * d, d, Least(kPanel, keys - c), d, packed_keys + c * d);
    }
    if (layout.value_stride != d) {
      float* packed = memory + layout.values;
      for (size_t i = 0; i < keys; i++) {
        Copy(values + i * d, d, packed + i * layout.value_stride);
        for (size_t j = d; j < layout.value_stride; j++) packed[i * layout.value_stride + j] = 0.0f;
      }
      values = packed;
    }
    size_t row = 0;
    for (size_t g = 0; g < groups; g++) {
      const size_t count = (rows - row) / (groups - g);
      // Columns of this block that a token sees: first visible to one past itself.
      const auto first_of = [&](size_t r) {
        const size_t position = a.past + task.first_token + r / group;
        const size_t first = position + 1 > a.window ? position + 1 - a.window : 0;
        return Least(first > key ? first - key : 0, keys);
      };
      const auto last_of = [&](size_t r) {
        const size_t end = a.past + task.first_token + r / group + 1;
        return end > key ? Least(end - key, keys) : 0;
      };
      const size_t begin = first_of(row);
      const size_t end = last_of(row + count - 1);
      if (begin >= end) {
        row += count;
        continue;
      }
      for (size_t c = begin / kPanel * kPanel; c < end; c += kPanel) {
        TileProduct<S>(queries + row * d, d, count, packed_keys + c * d, kPanel, d, TileStart::kZero, nullptr, scores + c,
                       kAttentionKeys, kPanel);
      }
      for (size_t r = row; r < row + count; r++) {
        float* line = scores + (r - row) * kAttentionKeys;
        const size_t first = first_of(r);
        const size_t last = last_of(r);
        if (first >= last) {
          for (size_t i = begin; i < end; i++) line[i] = 0.0f;
          continue;
        }
        const float before = maxima[r];
        const float shrink = SoftmaxRow(line, first, last, begin, end, maxima[r], weights[r]);
        if (before != maxima[r]) {
          for (size_t i = 0; i < d; i++) sums[r * d + i] *= shrink;
        }
      }
      for (size_t c = 0; c < d; c += kPanel) {
        TileProduct<S>(scores + begin, kAttentionKeys, count, values + begin * layout.value_stride + c, layout.value_stride, end - begin,
                       TileStart::kAccumulate, nullptr, sums + row * d + c, d, Least(kPanel, d - c));
      }
      row += count;
    }
  }

  for (size_t r = 0; r < rows; r++) {
    if (task.partial != nullptr) {
      float* partial = task.partial + r * (d + 2);
      Copy(sums + r * d, d, partial);
      partial[d] = weights[r];
      partial[d + 1] = maxima[r];
      continue;
    }
    const size_t token = task.first_token + r / group;
    float* y = a.output + ((task.batch_row * a.tokens + token) * a.heads + task.kv_head * group + r % group) * d;
    const float factor = 1.0f / weights[r];
    for (size_t i = 0; i < d; i++) y[i] = sums[r * d + i] * factor;
  }
}

void AttentionMerge(const AttentionArguments& a, const AttentionTask& task, size_t parts) {
  const size_t d = a.head_size;
  const size_t group = a.group();
  const size_t rows = (task.last_token - task.first_token) * group;
  for (size_t r = 0; r < rows; r++) {
    const size_t token = task.first_token + r / group;
    float* y = a.output + ((task.batch_row * a.tokens + token) * a.heads + task.kv_head * group + r % group) * d;
    float maximum = kLowest;
    for (size_t p = 0; p < parts; p++) maximum = Greatest(maximum, task.partial[(p * rows + r) * (d + 2) + d + 1]);
    float weight = 0.0f;
    for (size_t i = 0; i < d; i++) y[i] = 0.0f;
    for (size_t p = 0; p < parts; p++) {
      const float* partial = task.partial + (p * rows + r) * (d + 2);
      float factor[kLanes];
      Store(factor, Exp(Floats::All(partial[d + 1] - maximum)));
      weight += partial[d] * factor[0];
      for (size_t i = 0; i < d; i++) y[i] += partial[i] * factor[0];
    }
    const float factor = 1.0f / weight;
    for (size_t i = 0; i < d; i++) y[i] *= factor;
  }
}

}  // namespace edgefleet::EDGEFLEET_ISA
