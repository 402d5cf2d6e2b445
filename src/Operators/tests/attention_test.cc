#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "attention/product.h"
#include "tests/supported_isas.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

using AttentionOnCpu = OnEachIsa;

struct Shape4 {
  size_t batch = 1;
  size_t tokens = 1;
  size_t past = 0;
  size_t kv_heads = 1;
  size_t group = 1;
  size_t head_size = 64;
  size_t window = SIZE_MAX / 2;
  size_t rotary_half = 0;
  bool interleaved = false;
  bool norms = false;
  bool packed = false;
};

// Random operands with tokens 0..past+tokens-1 given as inputs, so that a past can be made by the operator itself.
struct Problem {
  Shape4 s;
  size_t total;
  size_t capacity;
  size_t channels;
  size_t key_offset;
  size_t value_offset;
  std::vector<float> input;  // [batch, total, channels]: query, key, value side by side with a gap before each
  std::vector<float> cos;
  std::vector<float> sin;
  std::vector<float> query_norm;
  std::vector<float> key_norm;

  explicit Problem(const Shape4& shape, unsigned seed = 1) : s(shape), total(s.past + s.tokens), capacity(total + 3) {
    const size_t query = s.kv_heads * s.group * s.head_size;
    const size_t key = s.kv_heads * s.head_size;
    key_offset = 3 + query + 5;
    value_offset = key_offset + key + 1;
    channels = value_offset + key + 2;
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    input.resize(s.batch * total * channels);
    for (auto& value : input) value = normal(random);
    for (size_t i = 0; i < total * s.rotary_half; i++) {
      const float angle = 3.0f * normal(random);
      cos.push_back(std::cos(angle));
      sin.push_back(std::sin(angle));
    }
    if (s.norms) {
      for (auto* norm : {&query_norm, &key_norm}) {
        for (size_t i = 0; i < s.head_size; i++) norm->push_back(1.0f + 0.2f * normal(random));
      }
    }
  }

  // Rotated and normed head as double.
  std::vector<double> Head(size_t row, size_t token, size_t channel, const std::vector<float>& norm, bool rotate) const {
    const float* source = input.data() + (row * total + token) * channels + channel;
    std::vector<double> head(source, source + s.head_size);
    if (!norm.empty()) {
      double squares = 0;
      for (const double x : head) squares += x * x;
      const double factor = 1 / std::sqrt(squares / static_cast<double>(s.head_size) + static_cast<double>(1e-6f));
      for (size_t i = 0; i < s.head_size; i++) head[i] *= factor * norm[i];
    }
    for (size_t i = 0; rotate && i < s.rotary_half; i++) {
      double& x = head[s.interleaved ? 2 * i : i];
      double& y = head[s.interleaved ? 2 * i + 1 : s.rotary_half + i];
      const double c = cos[token * s.rotary_half + i];
      const double d = sin[token * s.rotary_half + i];
      const double rotated = x * c - y * d;
      y = x * d + y * c;
      x = rotated;
    }
    return head;
  }

  // [batch, tokens past..total-1, heads * head_size]
  std::vector<double> Exact() const {
    std::vector<double> y;
    for (size_t b = 0; b < s.batch; b++) {
      std::vector<std::vector<std::vector<double>>> keys(s.kv_heads);
      std::vector<std::vector<std::vector<double>>> values(s.kv_heads);
      for (size_t h = 0; h < s.kv_heads; h++) {
        for (size_t t = 0; t < total; t++) {
          keys[h].push_back(Head(b, t, key_offset + h * s.head_size, key_norm, true));
          values[h].push_back(Head(b, t, value_offset + h * s.head_size, {}, false));
        }
      }
      for (size_t t = s.past; t < total; t++) {
        for (size_t h = 0; h < s.kv_heads * s.group; h++) {
          const auto query = Head(b, t, 3 + h * s.head_size, query_norm, true);
          const size_t first = t + 1 > s.window ? t + 1 - s.window : 0;
          std::vector<double> score;
          for (size_t j = first; j <= t; j++) {
            double dot = 0;
            for (size_t i = 0; i < s.head_size; i++) dot += query[i] * keys[h / s.group][j][i];
            score.push_back(dot / std::sqrt(static_cast<double>(s.head_size)));
          }
          const double largest = *std::max_element(score.begin(), score.end());
          double weight = 0;
          std::vector<double> out(s.head_size, 0.0);
          for (size_t j = first; j <= t; j++) {
            const double e = std::exp(score[j - first] - largest);
            weight += e;
            for (size_t i = 0; i < s.head_size; i++) out[i] += e * values[h / s.group][j][i];
          }
          for (const double x : out) y.push_back(x / weight);
        }
      }
    }
    return y;
  }

  // Runs tokens first..first+count-1 with what the caches hold, and returns [batch, count, heads * head_size].
  std::vector<float> Run(Isa isa, size_t first, size_t count, const std::vector<float>& past_key, const std::vector<float>& past_value,
                         std::vector<float>& present_key, std::vector<float>& present_value) const {
    std::vector<float> piece;
    for (size_t b = 0; b < s.batch; b++) {
      const auto from = input.begin() + static_cast<std::ptrdiff_t>((b * total + first) * channels);
      piece.insert(piece.end(), from, from + static_cast<std::ptrdiff_t>(count * channels));
    }
    std::vector<float> y(s.batch * count * Width(), NAN);
    AttentionArguments a{};
    a.query = piece.data() + 3;
    a.key = piece.data() + key_offset;
    a.value = piece.data() + value_offset;
    a.query_stride = a.key_stride = a.value_stride = channels;
    a.past_key = past_key.data();
    a.past_value = past_value.data();
    a.present_key = present_key.data();
    a.present_value = present_value.data();
    if (s.rotary_half != 0) {
      a.cos = cos.data();
      a.sin = sin.data();
    }
    if (s.norms) {
      a.query_norm = query_norm.data();
      a.key_norm = key_norm.data();
    }
    a.output = y.data();
    a.batch = s.batch;
    a.tokens = count;
    a.heads = s.kv_heads * s.group;
    a.kv_heads = s.kv_heads;
    a.head_size = s.head_size;
    a.capacity = capacity;
    a.past = first;
    a.rotary_half = s.rotary_half;
    a.rotary_interleaved = s.interleaved;
    a.norm_epsilon = 1e-6f;
    a.scale = 1.0f / std::sqrt(static_cast<float>(s.head_size));
    a.window = s.window;
    ComputeAttention(a, ThreadedFor{3}, isa);
    return y;
  }

  size_t Width() const { return s.kv_heads * s.group * s.head_size; }

  std::vector<float> EmptyCache() const { return std::vector<float>(s.batch * s.kv_heads * capacity * s.head_size, NAN); }
};

// The largest error of a token's outputs over their root mean square, of all tokens: early tokens see few keys and have large
// outputs, late ones small.
double Error(const std::vector<float>& y, const std::vector<double>& exact, size_t width) {
  EXPECT_EQ(y.size(), exact.size());
  double worst = 0;
  for (size_t token = 0; token < y.size() / width; token++) {
    double largest = 0;
    double squares = 0;
    for (size_t i = token * width; i < (token + 1) * width; i++) {
      const double error = std::abs(y[i] - exact[i]);
      if (!(error <= largest)) largest = error;
      squares += exact[i] * exact[i];
    }
    const double relative = largest / std::sqrt(squares / static_cast<double>(width));
    if (!(relative <= worst)) worst = relative;
  }
  return worst;
}

double ErrorOf(Isa isa, const Shape4& shape, unsigned seed) {
  const Problem problem(shape, seed);
  auto key = problem.EmptyCache();
  auto value = problem.EmptyCache();
  if (shape.past != 0) problem.Run(isa, 0, shape.past, key, value, key, value);
  return Error(problem.Run(isa, shape.past, shape.tokens, key, value, key, value), problem.Exact(), problem.Width());
}

TEST_P(AttentionOnCpu, MatchesDoublePrecisionForOddShapes) {
  unsigned seed = 1;
  for (const size_t head_size : {64, 20, 80, 96, 128, 5}) {
    for (const size_t group : {1, 2, 7, 8}) {
      for (const size_t tokens : {1, 3, 33}) {
        for (const size_t past : {0, 1, 200}) {
          Shape4 s;
          s.batch = 1 + seed % 3;
          s.kv_heads = 1 + seed % 2;
          s.group = group;
          s.head_size = head_size;
          s.tokens = tokens;
          s.past = past;
          s.rotary_half = seed % 5 == 0 ? 0 : seed % 5 == 1 ? head_size / 4 : head_size / 2;
          s.interleaved = seed % 4 == 0;
          s.norms = seed % 3 == 0;
          EXPECT_LE(ErrorOf(GetParam(), s, seed), 1e-5) << "d " << head_size << " group " << group << " T " << tokens << " past " << past;
          seed++;
        }
      }
    }
  }
}

TEST_P(AttentionOnCpu, MatchesDoublePrecisionForLongContexts) {
  for (const size_t tokens : {1, 5, 700, 2048}) {
    Shape4 s;
    s.tokens = tokens;
    s.past = 2048 - tokens;
    s.head_size = 32;
    s.group = 3;
    s.rotary_half = 16;
    EXPECT_LE(ErrorOf(GetParam(), s, 3), 1e-5) << tokens;
  }
}

TEST_P(AttentionOnCpu, SeesExactlyTheWindow) {
  for (const size_t window : {1, 2, 7, 191, 192, 193, 400}) {
    for (const size_t tokens : {1, 40, 300}) {
      Shape4 s;
      s.batch = 2;
      s.tokens = tokens;
      s.past = 450;
      s.head_size = 16;
      s.group = 2;
      s.window = window;
      EXPECT_LE(ErrorOf(GetParam(), s, 4), 1e-5) << "window " << window << " T " << tokens;
    }
  }
}

TEST_P(AttentionOnCpu, ChunksGiveWhatOnePieceGives) {
  Shape4 s;
  s.batch = 2;
  s.tokens = 230;
  s.kv_heads = 2;
  s.group = 7;
  s.rotary_half = 32;
  const Problem problem(s);
  const auto exact = problem.Exact();
  const size_t width = problem.Width();
  for (const size_t chunk : {1, 7, 32, 100, 229}) {
    auto key = problem.EmptyCache();
    auto value = problem.EmptyCache();
    std::vector<float> y(s.batch * s.tokens * width);
    for (size_t first = 0; first < s.tokens; first += chunk) {
      const size_t count = std::min(chunk, s.tokens - first);
      const auto piece = problem.Run(GetParam(), first, count, key, value, key, value);
      for (size_t b = 0; b < s.batch; b++) {
        std::copy_n(piece.begin() + static_cast<std::ptrdiff_t>(b * count * width), count * width,
                    y.begin() + static_cast<std::ptrdiff_t>((b * s.tokens + first) * width));
      }
    }
    EXPECT_LE(Error(y, exact, width), 1e-5) << "chunks of " << chunk;
  }
}

TEST_P(AttentionOnCpu, CopiesThePastWhenBuffersDiffer) {
  Shape4 s;
  s.batch = 2;
  s.tokens = 4;
  s.past = 9;
  s.kv_heads = 3;
  const Problem problem(s);
  auto key = problem.EmptyCache();
  auto value = problem.EmptyCache();
  problem.Run(GetParam(), 0, s.past, key, value, key, value);
  const auto key_before = key;
  auto present_key = problem.EmptyCache();
  auto present_value = problem.EmptyCache();
  EXPECT_LE(Error(problem.Run(GetParam(), s.past, s.tokens, key, value, present_key, present_value), problem.Exact(), problem.Width()), 1e-5);
  for (size_t i = 0; i < key.size(); i++) {
    const size_t position = i / s.head_size % problem.capacity;
    if (position < s.past) {
      ASSERT_EQ(key[i], key_before[i]);
      ASSERT_EQ(present_key[i], key[i]);
      ASSERT_EQ(present_value[i], value[i]);
    } else if (position < problem.total) {
      ASSERT_TRUE(std::isfinite(present_key[i]));
    } else {
      ASSERT_TRUE(std::isnan(present_key[i]));  // never touched
    }
  }
}

EDGEFLEET_ON_EACH_ISA(AttentionOnCpu);

}  // namespace
}  // namespace edgefleet
