// Attention over a cache as docs/operators.md writes it, in double precision on the host.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/references.cuh"

namespace edgefleet::bench {

struct AttentionProblem {
  int batch = 1;
  int tokens = 1;
  int heads = 1;
  int kv_heads = 1;
  int size = 1;
  int capacity = 1;
  /// Tokens in the cache of each sequence.
  std::vector<int64_t> past;
  int rotary_half = 0;
  bool interleaved = false;
  /// Tokens that a token sees; 0 for all.
  int window = 0;
  double scale = 1.0;
  double epsilon = 1e-6;
  /// Rounds rotated heads to the cache's type before they are multiplied, as they lie in it; null for none.
  double (*rounded)(double) = nullptr;
};

/// [batch, tokens, heads * size], [batch, tokens, kv_heads * size] twice, [batch, kv_heads, capacity, size] twice, [capacity, rotary_half]
/// twice, [size] twice or empty.
struct AttentionTensors {
  std::vector<double> query, key, value, keys, values, cos, sin, query_norm, key_norm;
};

/// One head of one token after its norm and the rotation of its position.
inline std::vector<double> RotatedHead(const AttentionProblem& p, const AttentionTensors& t, const double* from, const std::vector<double>& norm,
                                       int64_t position) {
  std::vector<double> head(from, from + p.size);
  if (!norm.empty()) {
    double squares = 0.0;
    for (const double x : head) squares += x * x;
    for (int c = 0; c < p.size; ++c) head[static_cast<size_t>(c)] *= norm[static_cast<size_t>(c)] / std::sqrt(squares / p.size + p.epsilon);
  }
  for (int i = 0; i < p.rotary_half; ++i) {
    const size_t first = static_cast<size_t>(p.interleaved ? 2 * i : i);
    const size_t second = static_cast<size_t>(p.interleaved ? 2 * i + 1 : p.rotary_half + i);
    const size_t angle = static_cast<size_t>(position * p.rotary_half + i);
    const double x = head[first];
    const double y = head[second];
    head[first] = x * t.cos[angle] - y * t.sin[angle];
    head[second] = x * t.sin[angle] + y * t.cos[angle];
  }
  if (p.rounded != nullptr) {
    for (double& x : head) x = p.rounded(x);
  }
  return head;
}

/// Appends the new rows to `t.keys` and `t.values`, and answers the output.
inline std::vector<double> AttentionReference(const AttentionProblem& p, AttentionTensors& t) {
  const int group = p.heads / p.kv_heads;
  std::vector<double> output(t.query.size());
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t token = 0; token < p.tokens; ++token) {
      const int64_t position = p.past[static_cast<size_t>(b)] + token;
      for (int64_t h = 0; h < p.kv_heads; ++h) {
        const int64_t from = ((b * p.tokens + token) * p.kv_heads + h) * p.size;
        const int64_t to = ((b * p.kv_heads + h) * p.capacity + position) * p.size;
        const auto key = RotatedHead(p, t, t.key.data() + from, t.key_norm, position);
        std::copy(key.begin(), key.end(), t.keys.begin() + to);
        std::copy_n(t.value.begin() + from, p.size, t.values.begin() + to);
      }
    }
    for (int64_t token = 0; token < p.tokens; ++token) {
      const int64_t position = p.past[static_cast<size_t>(b)] + token;
      const int64_t first = p.window > 0 ? std::max<int64_t>(0, position + 1 - p.window) : 0;
      for (int64_t h = 0; h < p.heads; ++h) {
        const int64_t at = ((b * p.tokens + token) * p.heads + h) * p.size;
        const auto query = RotatedHead(p, t, t.query.data() + at, t.query_norm, position);
        const int64_t cache = (b * p.kv_heads + h / group) * p.capacity;
        std::vector<double> score;
        for (int64_t k = first; k <= position; ++k) {
          double sum = 0.0;
          for (int c = 0; c < p.size; ++c) sum += query[static_cast<size_t>(c)] * t.keys[static_cast<size_t>((cache + k) * p.size + c)];
          score.push_back(sum * p.scale);
        }
        const double greatest = *std::max_element(score.begin(), score.end());
        double weight = 0.0;
        for (double& s : score) weight += s = std::exp(s - greatest);
        for (int64_t k = first; k <= position; ++k) {
          const double share = score[static_cast<size_t>(k - first)] / weight;
          for (int c = 0; c < p.size; ++c) {
            output[static_cast<size_t>(at + c)] += share * t.values[static_cast<size_t>((cache + k) * p.size + c)];
          }
        }
      }
    }
  }
  return output;
}

}  // namespace edgefleet::bench
