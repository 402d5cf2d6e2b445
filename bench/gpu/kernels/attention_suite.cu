// Attention in float32, and a decode step's and a prefill's in float16 and bfloat16.
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "attention/attention.h"
#include "group_query_attention/decode_attention.h"
#include "group_query_attention/prefill_attention.h"
#include "kernels/attention_reference.h"
#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"

namespace edgefleet::bench {
namespace {

struct AttentionCase {
  int heads = 1;
  int kv_heads = 1;
  int size = 1;
  int capacity = 1;
  /// Tokens in the cache of each sequence.
  std::vector<int64_t> past;
  int tokens = 1;
  int rotary_half = 0;
  int window = 0;
  bool norms = false;
  bool interleaved = false;
  /// Whether queries, keys and values lie in one tensor.
  bool packed = true;
  bool in_place = true;
  /// Deviation of the queries: scores grow with it, up to weights that are 0 but for one key.
  float scale = 1.0f;
};

template <typename T>
std::string Dimensions(const AttentionCase& c) {
  return std::string(TypeName<T>()) + " H" + std::to_string(c.heads) + "/" + std::to_string(c.kv_heads) + " d" + std::to_string(c.size) +
         (c.rotary_half > 0 ? " r" + std::to_string(2 * c.rotary_half) : "") + (c.window > 0 ? " window " + std::to_string(c.window) : "") +
         (c.norms ? " norms" : "") + (c.past.size() > 1 ? " B" + std::to_string(c.past.size()) : "") + (c.tokens > 1 ? " S" + std::to_string(c.tokens) : "") +
         (c.packed ? "" : " apart") + (c.in_place ? "" : " copied") + (c.scale != 1.0f ? " sharp" : "");
}

/// The inputs of a case: rows of the cache that no token has written are not numbers.
template <typename T>
class AttentionData {
 public:
  AttentionData(const AttentionCase& c, uint64_t seed) {
    batch = static_cast<int>(c.past.size());
    const size_t rows = static_cast<size_t>(batch) * static_cast<size_t>(c.tokens);
    query_width = static_cast<size_t>(c.heads) * static_cast<size_t>(c.size);
    kv_width = static_cast<size_t>(c.kv_heads) * static_cast<size_t>(c.size);
    const size_t cells = static_cast<size_t>(batch) * kv_width * static_cast<size_t>(c.capacity);
    if (c.packed) {
      query = RandomArray<T>(rows * (query_width + 2 * kv_width), seed + 1, {0.0f, c.scale});
    } else {
      query = RandomArray<T>(rows * query_width, seed + 1, {0.0f, c.scale});
      key = RandomArray<T>(rows * kv_width, seed + 2);
      value = RandomArray<T>(rows * kv_width, seed + 3);
    }
    keys = RandomArray<T>(cells, seed + 4);
    values = RandomArray<T>(cells, seed + 5);
    PoisonFreeRows(c, keys);
    PoisonFreeRows(c, values);
    if (!c.in_place) {
      present_keys = DeviceArray<T>(cells);
      present_values = DeviceArray<T>(cells);
      present_keys.Poison();
      present_values.Poison();
    }
    if (c.rotary_half > 0) FillAngles(c);
    if (c.norms) {
      query_norm = RandomArray<T>(static_cast<size_t>(c.size), seed + 6, {1.0f, 0.2f});
      key_norm = RandomArray<T>(static_cast<size_t>(c.size), seed + 7, {1.0f, 0.2f});
    }
    output = DeviceArray<T>(rows * query_width);
    output.Poison();
  }

  template <typename Arguments>
  void Fill(const AttentionCase& c, Arguments& a) {
    const size_t stride = c.packed ? query_width + 2 * kv_width : query_width;
    a.query = query.data();
    a.key = c.packed ? query.data() + query_width : key.data();
    a.value = c.packed ? query.data() + query_width + kv_width : value.data();
    a.query_stride = static_cast<int64_t>(stride);
    a.key_stride = a.value_stride = static_cast<int64_t>(c.packed ? stride : kv_width);
    a.past_key = keys.data();
    a.past_value = values.data();
    a.present_key = PresentKeys().data();
    a.present_value = PresentValues().data();
    a.cos = cos.data();
    a.sin = sin.data();
    a.output = output.data();
    a.heads = c.heads;
    a.kv_heads = c.kv_heads;
    a.head_size = c.size;
    a.capacity = c.capacity;
    a.rotary_half = c.rotary_half;
    a.scale = Scale(c);
    a.window = c.window;
  }

  static float Scale(const AttentionCase& c) { return 1.0f / std::sqrt(static_cast<float>(c.size)); }

  DeviceArray<T>& PresentKeys() { return present_keys.size() > 0 ? present_keys : keys; }
  DeviceArray<T>& PresentValues() { return present_values.size() > 0 ? present_values : values; }

  AttentionTensors OnHost(const AttentionCase& c) const {
    AttentionTensors t;
    const auto packed = Doubles(query);
    const size_t rows = static_cast<size_t>(batch) * static_cast<size_t>(c.tokens);
    const size_t stride = c.packed ? query_width + 2 * kv_width : query_width;
    for (size_t row = 0; row < rows; ++row) {
      const auto from = packed.begin() + static_cast<int64_t>(row * stride);
      const auto widths = static_cast<int64_t>(query_width);
      t.query.insert(t.query.end(), from, from + widths);
      if (!c.packed) continue;
      t.key.insert(t.key.end(), from + widths, from + widths + static_cast<int64_t>(kv_width));
      t.value.insert(t.value.end(), from + widths + static_cast<int64_t>(kv_width), from + static_cast<int64_t>(stride));
    }
    if (!c.packed) {
      t.key = Doubles(key);
      t.value = Doubles(value);
    }
    t.keys = Doubles(keys);
    t.values = Doubles(values);
    t.cos = Doubles(cos);
    t.sin = Doubles(sin);
    t.query_norm = Doubles(query_norm);
    t.key_norm = Doubles(key_norm);
    return t;
  }

  AttentionProblem Problem(const AttentionCase& c, double (*rounded)(double)) const {
    return {batch, c.tokens, c.heads, c.kv_heads, c.size, c.capacity, c.past, c.rotary_half, c.interleaved, c.window, Scale(c), 1e-6, rounded};
  }

  static std::vector<double> Doubles(const DeviceArray<T>& array) {
    std::vector<double> values;
    for (const T x : array.ToHost()) values.push_back(Value(x));
    return values;
  }

  int batch = 1;
  size_t query_width = 0;
  size_t kv_width = 0;
  DeviceArray<T> query, key, value, keys, values, present_keys, present_values, cos, sin, query_norm, key_norm, output;

 private:
  void PoisonFreeRows(const AttentionCase& c, DeviceArray<T>& cache) {
    const size_t row = static_cast<size_t>(c.size) * sizeof(T);
    for (int b = 0; b < batch; ++b) {
      const int64_t past = c.past[static_cast<size_t>(b)];
      for (int h = 0; h < c.kv_heads; ++h) {
        const int64_t at = (static_cast<int64_t>(b) * c.kv_heads + h) * c.capacity + past;
        EDGEFLEET_CUDA(cudaMemset(cache.data() + at * c.size, 0xff, static_cast<size_t>(c.capacity - past) * row));
      }
    }
  }

  void FillAngles(const AttentionCase& c) {
    std::vector<T> cosines;
    std::vector<T> sines;
    for (int position = 0; position < c.capacity; ++position) {
      for (int i = 0; i < c.rotary_half; ++i) {
        const double angle = position * std::pow(10000.0, -static_cast<double>(i) / c.rotary_half);
        cosines.push_back(static_cast<T>(static_cast<float>(std::cos(angle))));
        sines.push_back(static_cast<T>(static_cast<float>(std::sin(angle))));
      }
    }
    cos = DeviceArray<T>(cosines.size());
    sin = DeviceArray<T>(sines.size());
    EDGEFLEET_CUDA(cudaMemcpy(cos.data(), cosines.data(), cos.bytes(), cudaMemcpyHostToDevice));
    EDGEFLEET_CUDA(cudaMemcpy(sin.data(), sines.data(), sin.bytes(), cudaMemcpyHostToDevice));
  }
};

DeviceArray<double> ToDevice(const std::vector<double>& values) {
  DeviceArray<double> array(values.size());
  EDGEFLEET_CUDA(cudaMemcpy(array.data(), values.data(), array.bytes(), cudaMemcpyHostToDevice));
  return array;
}

/// The greatest difference of a cache's written rows; infinite where a row that no token has was touched.
double CacheError(const AttentionCase& c, const std::vector<double>& found, const std::vector<double>& expected) {
  double worst = 0.0;
  const int64_t head = static_cast<int64_t>(c.capacity) * c.size;
  for (int64_t i = 0; i < static_cast<int64_t>(found.size()); ++i) {
    const int64_t position = i % head / c.size;
    const bool written = position < c.past[static_cast<size_t>(i / head / c.kv_heads)] + c.tokens;
    const double x = found[static_cast<size_t>(i)];
    const double error = written ? std::fabs(x - expected[static_cast<size_t>(i)]) : std::isnan(x) ? 0.0 : HUGE_VAL;
    worst = error <= worst ? worst : (std::isnan(error) ? HUGE_VAL : error);
  }
  return worst;
}

template <typename T>
void CheckResults(Report& report, const AttentionCase& c, AttentionData<T>& data, const AttentionTensors& reference,
                  const std::vector<double>& output, double tolerance, double cell) {
  const std::string dims = Dimensions<T>(c);
  const char* op = std::is_same_v<T, float> ? "Attention" : "DecodeAttention";
  report.Check(op, dims, c.past[0], WholeError(data.output, ToDevice(output)), tolerance);
  report.Check(op, dims + " keys", c.past[0], CacheError(c, data.Doubles(data.PresentKeys()), reference.keys), cell);
  report.Check(op, dims + " values", c.past[0], CacheError(c, data.Doubles(data.PresentValues()), reference.values), 0.0);
}

/// Attention with its workspace. One length serves all sequences of a batch.
struct FloatCall {
  explicit FloatCall(const AttentionCase& c, AttentionData<float>& data) {
    data.Fill(c, arguments);
    arguments.batch = data.batch;
    arguments.tokens = c.tokens;
    arguments.rotary_interleaved = c.interleaved;
    arguments.query_norm = data.query_norm.data();
    arguments.key_norm = data.key_norm.data();
    arguments.norm_epsilon = 1e-6f;
    length = DeviceArray<int64_t>(1);
    EDGEFLEET_CUDA(cudaMemcpy(length.data(), c.past.data(), length.bytes(), cudaMemcpyHostToDevice));
    arguments.past_length = length.data();
    size_t bytes = 0;
    EDGEFLEET_CUDA(cuda::AttentionWorkspace(arguments, bytes));
    workspace = DeviceArray<unsigned char>(bytes);
    workspace.Poison();
    arguments.workspace = reinterpret_cast<float*>(workspace.data());
  }

  DeviceArray<int64_t> length;
  DeviceArray<unsigned char> workspace;
  cuda::AttentionArguments arguments{};
};

void CheckFloat(Report& report, const AttentionCase& c, uint64_t seed) {
  AttentionData<float> data(c, seed);
  AttentionTensors reference = data.OnHost(c);
  const auto output = AttentionReference(data.Problem(c, nullptr), reference);
  const FloatCall call(c, data);
  EDGEFLEET_CUDA(cuda::Attention(call.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  CheckResults(report, c, data, reference, output, 1e-5, 1e-5);
}

template <typename T>
double Rounded(double x) {
  return Value(static_cast<T>(static_cast<float>(x)));
}

/// The decode step's attention with its workspace and counters.
template <typename T>
struct DecodeCall {
  explicit DecodeCall(const AttentionCase& c, AttentionData<T>& data) {
    data.Fill(c, arguments);
    arguments.batch = data.batch;
    const std::vector<int32_t> past(c.past.begin(), c.past.end());
    lengths = DeviceArray<int32_t>(past.size());
    EDGEFLEET_CUDA(cudaMemcpy(lengths.data(), past.data(), lengths.bytes(), cudaMemcpyHostToDevice));
    arguments.past_length = lengths.data();
    size_t bytes = 0;
    EDGEFLEET_CUDA(cuda::DecodeAttentionWorkspace(arguments, bytes));
    workspace = DeviceArray<unsigned char>(bytes);
    workspace.Poison();
    arguments.workspace = reinterpret_cast<float*>(workspace.data());
    counters = DeviceArray<unsigned>(static_cast<size_t>(cuda::kDecodeCounters));
    EDGEFLEET_CUDA(cudaMemset(counters.data(), 0, counters.bytes()));
    arguments.counters = counters.data();
  }

  DeviceArray<int32_t> lengths;
  DeviceArray<unsigned char> workspace;
  DeviceArray<unsigned> counters;
  cuda::DecodeAttentionArguments<T> arguments{};
};

template <typename T>
void CheckDecode(Report& report, const AttentionCase& c, uint64_t seed) {
  AttentionData<T> data(c, seed);
  AttentionTensors reference = data.OnHost(c);
  const auto output = AttentionReference(data.Problem(c, &Rounded<T>), reference);
  const DecodeCall<T> call(c, data);
  EDGEFLEET_CUDA(cuda::DecodeAttention(call.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  // A rotated channel beside a rounding boundary may fall to either side: a unit in the last place of values of up to four. Weights are rounded
  // to T before they meet the values.
  CheckResults(report, c, data, reference, output, kCoarseness<T> * 2e-3, kCoarseness<T> * 4e-3);
  const auto first = data.output.ToHost();
  double differing = 0.0;
  constexpr int kRepeats = 3;
  for (int i = 0; i < kRepeats; ++i) {
    data.output.Poison();
    EDGEFLEET_CUDA(cuda::DecodeAttention(call.arguments, nullptr));
    EDGEFLEET_CUDA(cudaDeviceSynchronize());
    differing += std::memcmp(first.data(), data.output.ToHost().data(), data.output.bytes()) != 0 ? 1.0 : 0.0;
  }
  for (const unsigned count : call.counters.ToHost()) differing += count;
  report.Check("DecodeAttention", Dimensions<T>(c) + " repeated", c.past[0], differing, 0.0);
}

/// A prefill's attention with its workspace. One length serves all sequences of a batch.
template <typename T>
struct PrefillCall {
  explicit PrefillCall(const AttentionCase& c, AttentionData<T>& data) {
    data.Fill(c, arguments);
    arguments.batch = data.batch;
    arguments.tokens = c.tokens;
    arguments.past = static_cast<int>(c.past[0]);
    workspace = DeviceArray<unsigned char>(cuda::PrefillAttentionWorkspace(arguments));
    workspace.Poison();
    arguments.workspace = reinterpret_cast<T*>(workspace.data());
    EDGEFLEET_CUDA(cuda::PrefillsAttention(arguments, there));
  }

  DeviceArray<unsigned char> workspace;
  cuda::PrefillAttentionArguments<T> arguments{};
  /// Whether this device has the kernel.
  bool there = false;
};

template <typename T>
void CheckPrefill(Report& report, const AttentionCase& c, uint64_t seed) {
  AttentionData<T> data(c, seed);
  const PrefillCall<T> call(c, data);
  if (!call.there) return;
  AttentionTensors reference = data.OnHost(c);
  const auto output = AttentionReference(data.Problem(c, &Rounded<T>), reference);
  EDGEFLEET_CUDA(cuda::PrefillAttention(call.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  const std::string dims = Dimensions<T>(c);
  // Weights are rounded to T; a rotated channel as in a decode step.
  report.Check("PrefillAttention", dims, c.past[0], WholeError(data.output, ToDevice(output)), kCoarseness<T> * 4e-3);
  report.Check("PrefillAttention", dims + " keys", c.past[0], CacheError(c, data.Doubles(data.PresentKeys()), reference.keys), kCoarseness<T> * 4e-3);
  report.Check("PrefillAttention", dims + " values", c.past[0], CacheError(c, data.Doubles(data.PresentValues()), reference.values), 0.0);
  const auto first = data.output.ToHost();
  data.output.Poison();
  EDGEFLEET_CUDA(cuda::PrefillAttention(call.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  const bool equal = std::memcmp(first.data(), data.output.ToHost().data(), data.output.bytes()) == 0;
  report.Check("PrefillAttention", dims + " repeated", c.past[0], equal ? 0.0 : 1.0, 0.0);
}

double Bytes(const AttentionCase& c, double element) {
  double bytes = 0.0;
  for (const int64_t past : c.past) bytes += 2.0 * element * c.kv_heads * c.size * static_cast<double>(past + c.tokens);
  return bytes;
}

double Operations(const AttentionCase& c) {
  double operations = 0.0;
  for (const int64_t past : c.past) {
    operations += 4.0 * c.heads * c.size * c.tokens * (static_cast<double>(past) + 0.5 * (c.tokens + 1));
  }
  return operations;
}

void TimeFloat(Report& report, const Machine& machine, const AttentionCase& c) {
  std::vector<AttentionData<float>> sets;
  std::vector<FloatCall> calls;
  const int count = BufferSets(machine, Bytes(c, sizeof(float)));
  sets.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
    calls.emplace_back(c, sets.back());
  }
  ReportTime(report, machine, "Attention", Dimensions<float>(c), c.past[0], Bytes(c, sizeof(float)), Operations(c), [&](int i, cudaStream_t stream) {
    return cuda::Attention(calls[static_cast<size_t>(i) % calls.size()].arguments, stream);
  });
}

template <typename T>
void TimeDecode(Report& report, const Machine& machine, const AttentionCase& c) {
  std::vector<AttentionData<T>> sets;
  std::vector<DecodeCall<T>> calls;
  const int count = BufferSets(machine, Bytes(c, sizeof(T)));
  sets.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
    calls.emplace_back(c, sets.back());
  }
  ReportTime(report, machine, "DecodeAttention", Dimensions<T>(c), c.past[0], Bytes(c, sizeof(T)), Operations(c),
             [&](int i, cudaStream_t stream) { return cuda::DecodeAttention(calls[static_cast<size_t>(i) % calls.size()].arguments, stream); });
}

template <typename T>
void TimePrefill(Report& report, const Machine& machine, const AttentionCase& c) {
  // Queries, keys and values of all tokens are read once and the outputs written.
  const double rows = static_cast<double>(c.tokens) * 2 * c.heads + static_cast<double>(c.past[0] + c.tokens) * 2 * c.kv_heads;
  const double bytes = sizeof(T) * rows * c.size * static_cast<double>(c.past.size());
  std::vector<AttentionData<T>> sets;
  std::vector<PrefillCall<T>> calls;
  const int count = BufferSets(machine, bytes);
  sets.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
    calls.emplace_back(c, sets.back());
  }
  if (!calls[0].there) return;
  ReportTime(report, machine, "PrefillAttention", Dimensions<T>(c), c.past[0], bytes, Operations(c),
             [&](int i, cudaStream_t stream) { return cuda::PrefillAttention(calls[static_cast<size_t>(i) % calls.size()].arguments, stream); });
}

template <typename T>
void CheckSizes(Report& report, const Machine& machine) {
  uint64_t seed = 12000;
  for (const int64_t past : {0, 1, 15, 16, 127, 128, 129, 517}) {
    const int capacity = static_cast<int>(past) + 1;
    // A group of 7 whose other sequence is shorter, heads of all sizes, partial rotation, windows, weights that are 0 but for one.
    CheckDecode<T>(report, {14, 2, 64, capacity, {past, past / 2}, 1, 32}, seed += 10);
    CheckDecode<T>(report, {8, 2, 64, capacity + 700, {past}, 1, 32}, seed += 10);
    CheckDecode<T>(report, {16, 1, 128, capacity + 9, {past, past, past / 3}, 1, 64, 0, false, false, false}, seed += 10);
    CheckDecode<T>(report, {5, 5, 80, capacity + 1, {past}, 1, 16, 0, false, false, true, false}, seed += 10);
    CheckDecode<T>(report, {9, 3, 96, capacity + 64, {past, past}, 1, 48, 33}, seed += 10);
    CheckDecode<T>(report, {4, 4, 8, capacity, {past}, 1, 4, 1}, seed += 10);
    CheckDecode<T>(report, {11, 1, 40, capacity + 300, {past}, 1, 0, 0, false, false, true, true, 30.0f}, seed += 10);
  }
  // A length that fills all splits of a large GPU, and one that no split fits evenly.
  CheckDecode<T>(report, {14, 2, 64, 10000, {9001}, 1, 32}, seed += 10);
  // Less and more than a block's queries and a tile's keys; a past; windows; heads apart; rows of the cache behind the last are not numbers.
  for (const int64_t past : {0, 1, 127, 300}) {
    for (const int tokens : {2, 17, 64, 129, 193, 400}) {
      const int capacity = static_cast<int>(past) + tokens + 3;
      CheckPrefill<T>(report, {7, 1, 64, capacity, {past, past}, tokens, 32}, seed += 10);
      CheckPrefill<T>(report, {4, 2, 128, capacity, {past}, tokens, 64, 0, false, false, false}, seed += 10);
      CheckPrefill<T>(report, {2, 2, 64, capacity + 100, {past, past, past}, tokens, 16, 100, false, false, true, false}, seed += 10);
      CheckPrefill<T>(report, {3, 1, 128, capacity, {past}, tokens, 0, 150, false, false, true, true, 30.0f}, seed += 10);
    }
  }
  if (machine.small_only) return;
  CheckPrefill<T>(report, {2, 1, 64, 3001, {0}, 3000, 32}, seed += 10);
  CheckPrefill<T>(report, {2, 1, 64, 3001, {1999}, 1000, 32, 0, false, false, true, true, 8.0f}, seed += 10);
  CheckPrefill<T>(report, {2, 1, 128, 2100, {1}, 2050, 64, 513}, seed += 10);
  CheckDecode<T>(report, {14, 2, 64, 32768, {32767}, 1, 32}, seed += 10);
  CheckDecode<T>(report, {32, 8, 128, 20000, {19999, 77}, 1, 64}, seed += 10);
  CheckDecode<T>(report, {32, 32, 80, 5000, {4999}, 1, 16, 2047}, seed += 10);
}

}  // namespace

void CheckAttention(Report& report, const Machine& machine) {
  uint64_t seed = 11000;
  for (const int64_t past : {0, 1, 31, 127, 300}) {
    for (const int tokens : {1, 2, 17}) {
      const int capacity = static_cast<int>(past) + tokens + 5;
      CheckFloat(report, {14, 2, 64, capacity, {past}, tokens, 32}, seed += 10);
      CheckFloat(report, {6, 2, 20, capacity, {past, past}, tokens, 4, 7, true, true}, seed += 10);
      CheckFloat(report, {3, 3, 5, capacity, {past, past, past}, tokens, 0, 0, false, false, false, false}, seed += 10);
      CheckFloat(report, {5, 1, 128, capacity, {past}, tokens, 48, 0, true, false, false, true, 4.0f}, seed += 10);
    }
  }
  CheckSizes<__half>(report, machine);
  CheckSizes<__nv_bfloat16>(report, machine);
}

void TimeAttention(Report& report, const Machine& machine) {
  // Qwen2.5-0.5B, Falcon-H1-0.5B, eight sequences, Llama-3's heads, Phi-2's.
  for (const int64_t past : {128, 1024, 8192, 32768, 57344, 131072}) {
    TimeDecode<__half>(report, machine, {14, 2, 64, static_cast<int>(past) + 64, {past}, 1, 32});
  }
  for (const int64_t past : {1024, 57344}) TimeDecode<__half>(report, machine, {8, 2, 64, static_cast<int>(past) + 64, {past}, 1, 32});
  TimeDecode<__half>(report, machine, {14, 2, 64, 4096, std::vector<int64_t>(8, 4095), 1, 32});
  TimeDecode<__half>(report, machine, {32, 8, 128, 8256, {8192}, 1, 64});
  TimeDecode<__half>(report, machine, {32, 32, 80, 2112, {2048}, 1, 16});
  for (const int64_t past : {1024, 57344}) {
    TimeDecode<__nv_bfloat16>(report, machine, {14, 2, 64, static_cast<int>(past) + 64, {past}, 1, 32});
  }
  for (const int64_t past : {1024, 8192}) TimeFloat(report, machine, {14, 2, 64, static_cast<int>(past) + 64, {past}, 1, 32});
  TimeFloat(report, machine, {14, 2, 64, 1024, {0}, 1024, 32});
  for (const int tokens : {256, 1024, 8192, 32768, 57344, 131072}) TimePrefill<__half>(report, machine, {14, 2, 64, tokens, {0}, tokens, 32});
  for (const int tokens : {1024, 57344}) TimePrefill<__half>(report, machine, {8, 2, 64, tokens, {0}, tokens, 32});
  for (const int tokens : {1024, 57344}) TimePrefill<__nv_bfloat16>(report, machine, {14, 2, 64, tokens, {0}, tokens, 32});
  TimePrefill<__half>(report, machine, {14, 2, 64, 4096, {0, 0, 0, 0}, 4096, 32});
  TimePrefill<__half>(report, machine, {14, 2, 64, 131072, {122880}, 8192, 32});
  for (const int tokens : {1024, 8192, 32768}) TimePrefill<__half>(report, machine, {32, 8, 128, tokens, {0}, tokens, 64});
}

}  // namespace edgefleet::bench
