// Dense operators against those of ONNX Runtime: both in one process on one thread pool, taken in turns, with the machine's read
// bandwidth and multiply-add rate probed beside each pair.
//
// Usage: dense_benchmark LIBONNXRUNTIME LIBEDGEFLEET_OPS [threads] [repeats] [name filter]
// Prints one JSON line a case; times are medians, with quartiles. One thread is measured in processor time, which other work on the
// machine disturbs least; several in wall-clock time, which asks for a quiet machine.
#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <onnxruntime_c_api.h>

#include "onnx_model.h"

namespace {

using edgefleet::OnnxModel;

// Weights of a decode case are copied until they are this large together, so that they come from memory as they do in a model.
constexpr size_t kDecodeBytes = size_t{192} << 20;

const OrtApi* api = nullptr;

void Check(OrtStatus* status) {
  if (status != nullptr) throw std::runtime_error(api->GetErrorMessage(status));
}

template <typename Function>
Function Symbol(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) throw std::runtime_error(std::string("no symbol ") + name);
  return reinterpret_cast<Function>(symbol);
}

std::string RandomBytes(size_t count, unsigned seed) {
  std::string bytes(count, '\0');
  uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;
  for (size_t i = 0; i + 8 <= count; i += 8) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    std::memcpy(&bytes[i], &state, 8);
  }
  return bytes;
}

std::string RandomFloats(size_t count, unsigned seed) {
  std::string bytes(count * 4, '\0');
  std::minstd_rand random(seed + 1);
  for (size_t i = 0; i < count; i++) {
    const float value = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
    std::memcpy(&bytes[i * 4], &value, 4);
  }
  return bytes;
}

std::string Halves(size_t count) {
  std::string bytes(count * 2, '\0');
  for (size_t i = 0; i < count; i++) bytes[2 * i + 1] = 0x24;  // 2^-6
  return bytes;
}

std::string FloatScales(size_t count) {
  const std::vector<float> scales(count, 0.015625f);
  return {reinterpret_cast<const char*>(scales.data()), count * 4};
}

class Session {
 public:
  Session(const OrtEnv* env, const std::string& model, const char* operators) {
    OrtSessionOptions* options = nullptr;
    Check(api->CreateSessionOptions(&options));
    Check(api->DisablePerSessionThreads(options));
    Check(api->RegisterCustomOpsLibrary_V2(options, operators));
    Check(api->CreateSessionFromArray(env, model.data(), model.size(), options, &session_));
    api->ReleaseSessionOptions(options);
    Check(api->CreateIoBinding(session_, &binding_));
    Check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_));
  }
  ~Session() {
    for (OrtValue* value : values_) api->ReleaseValue(value);
    api->ReleaseMemoryInfo(memory_);
    api->ReleaseIoBinding(binding_);
    api->ReleaseSession(session_);
  }
  Session(const Session&) = delete;

  void Input(const std::string& name, ONNXTensorElementDataType type, const std::vector<int64_t>& dims, void* data, size_t bytes) {
    Check(api->BindInput(binding_, name.c_str(), Value(type, dims, data, bytes)));
  }
  void Output(const std::string& name, ONNXTensorElementDataType type, const std::vector<int64_t>& dims, void* data, size_t bytes) {
    Check(api->BindOutput(binding_, name.c_str(), Value(type, dims, data, bytes)));
  }
  void Run() const { Check(api->RunWithBinding(session_, nullptr, binding_)); }

 private:
  OrtValue* Value(ONNXTensorElementDataType type, const std::vector<int64_t>& dims, void* data, size_t bytes) {
    OrtValue* value = nullptr;
    Check(api->CreateTensorWithDataAsOrtValue(memory_, data, bytes, dims.data(), dims.size(), type, &value));
    values_.push_back(value);
    return value;
  }

  OrtSession* session_ = nullptr;
  OrtIoBinding* binding_ = nullptr;
  OrtMemoryInfo* memory_ = nullptr;
  std::vector<OrtValue*> values_;
};

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

double WallSeconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double ProcessorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Plain reads by one thread, in bytes a second of processor time.
double ReadOnOneThread() {
  using Vector = float __attribute__((vector_size(16)));
  constexpr size_t kBytes = size_t{256} << 20;
  static const std::vector<float> data(kBytes / sizeof(float), 1.0f);
  Vector sum[4] = {};
  const double start = ProcessorSeconds();
  for (size_t i = 0; i < data.size(); i += 16) {
    __builtin_prefetch(data.data() + i + 1024);
    for (size_t j = 0; j < 4; j++) {
      Vector v;
      std::memcpy(&v, data.data() + i + 4 * j, sizeof v);
      sum[j] += v;
    }
  }
  const double seconds = ProcessorSeconds() - start;
  volatile float used = sum[0][0] + sum[1][0] + sum[2][0] + sum[3][0];
  static_cast<void>(used);
  return static_cast<double>(kBytes) / seconds;
}

struct Benchmark {
  const OrtEnv* env;
  const char* operators;
  int threads;
  int repeats;
  std::string filter;
  double (*read_bandwidth)(int, size_t, int);
  double (*fma_flops)(int, int);

  double Seconds(const Session& session) const {
    const auto clock = threads == 1 ? ProcessorSeconds : WallSeconds;
    const double start = clock();
    session.Run();
    return clock() - start;
  }

  double ReadBandwidth() const { return threads == 1 ? ReadOnOneThread() : read_bandwidth(threads, size_t{256} << 20, 1); }

  double MultiplyAdds() const {
    const double wall = WallSeconds();
    const double processor = ProcessorSeconds();
    const double rate = fma_flops(threads, 1);
    // The rate is one of wall-clock time.
    return threads == 1 ? rate * (WallSeconds() - wall) / (ProcessorSeconds() - processor) : rate;
  }

  // `bytes` and `operations` are those of one node; each run does `copies` nodes.
  void Compare(const std::string& name, const Session& ours, const Session& theirs, double bytes, double operations, int copies) const {
    for (int i = 0; i < 2; i++) {
      ours.Run();
      theirs.Run();
    }
    std::vector<double> a, b, ratio, read, fma;
    for (int i = 0; i < repeats; i++) {
      read.push_back(ReadBandwidth() / 1e9);
      fma.push_back(MultiplyAdds() / 1e9);
      a.push_back(Seconds(ours) / copies);
      b.push_back(Seconds(theirs) / copies);
      ratio.push_back(b.back() / a.back());
    }
    const double seconds = Quantile(a, 0.5);
    std::printf(
        "{\"case\":\"%s\",\"ours_us\":%.2f,\"ours_q1_us\":%.2f,\"ours_q3_us\":%.2f,\"onnxruntime_us\":%.2f,\"onnxruntime_q1_us\":%.2f,"
        "\"onnxruntime_q3_us\":%.2f,\"speedup\":%.3f,\"speedup_q1\":%.3f,\"speedup_q3\":%.3f,\"gb_per_s\":%.2f,\"read_probe_gb_per_s\":%.2f,"
        "\"gop_per_s\":%.1f,\"fma_probe_gflop_per_s\":%.1f,\"copies\":%d,\"repeats\":%d}\n",
        name.c_str(), seconds * 1e6, Quantile(a, 0.25) * 1e6, Quantile(a, 0.75) * 1e6, Quantile(b, 0.5) * 1e6, Quantile(b, 0.25) * 1e6,
        Quantile(b, 0.75) * 1e6, Quantile(ratio, 0.5), Quantile(ratio, 0.25), Quantile(ratio, 0.75), bytes / seconds / 1e9,
        Quantile(read, 0.5), operations / seconds / 1e9, Quantile(fma, 0.5), copies, repeats);
    std::fflush(stdout);
  }

  // bits 32: Linear and MatMul; 4 and 8: QuantizedLinear and MatMulNBits with accuracy level 4.
  void Linear(const std::string& layer, int bits, int64_t rows, int64_t n, int64_t k) const {
    const std::string name = layer + (bits == 32 ? " fp32" : bits == 4 ? " int4" : " int8") + " rows " + std::to_string(rows);
    if (name.find(filter) == std::string::npos) return;
    const int64_t padded = bits == 4 ? (n + 15) / 16 * 16 : n;
    const size_t weight_bytes = static_cast<size_t>(padded * k * bits / 8);
    const size_t scales = bits == 32 ? 0 : static_cast<size_t>(padded * k / 32);
    const double bytes = static_cast<double>(weight_bytes + 2 * scales);
    const int copies = rows != 1 ? 1 : static_cast<int>((kDecodeBytes + weight_bytes - 1) / weight_bytes);
    std::vector<float> x(static_cast<size_t>(rows * k), 0.5f);
    std::vector<float> y(static_cast<size_t>(rows * n));
    std::string weight = bits == 32 ? RandomFloats(static_cast<size_t>(n * k), 7) : RandomBytes(weight_bytes, 7);
    const auto session = [&](bool ours) {
      OnnxModel model;
      model.Input("x", OnnxModel::kFloat, {rows, k});
      for (int i = 0; i < copies; i++) {
        const std::string tag = std::to_string(i);
        // Equal constants would be kept once and read from cache.
        weight[0] = static_cast<char>(i);
        weight[4] = static_cast<char>(i >> 8);
        model.Output("y" + tag, OnnxModel::kFloat, {rows, n});
        if (bits == 32) {
          model.Constant("w" + tag, OnnxModel::kFloat, ours ? std::vector<int64_t>{n, k} : std::vector<int64_t>{k, n}, weight);
          model.Node(ours ? "edgefleet" : "", ours ? "Linear" : "MatMul", {"x", "w" + tag}, {"y" + tag}, {});
          continue;
        }
        if (ours) {
          model.Constant("w" + tag, OnnxModel::kUint8, {static_cast<int64_t>(weight_bytes)}, weight);
          model.Constant("s" + tag, OnnxModel::kHalf, {static_cast<int64_t>(scales)}, Halves(scales));
          model.Node("edgefleet", "QuantizedLinear", {"x", "w" + tag, "s" + tag}, {"y" + tag}, {{"bits", bits}, {"n", n}, {"k", k}});
        } else {
          const size_t count = static_cast<size_t>(n * k / 32);
          model.Constant("w" + tag, OnnxModel::kUint8, {n, k / 32, 4 * bits}, weight.substr(0, count * 4 * static_cast<size_t>(bits)));
          model.Constant("s" + tag, OnnxModel::kFloat, {n, k / 32}, FloatScales(count));
          model.Node("com.microsoft", "MatMulNBits", {"x", "w" + tag, "s" + tag}, {"y" + tag},
                     {{"bits", bits}, {"N", n}, {"K", k}, {"block_size", 32}, {"accuracy_level", 4}});
        }
      }
      auto made = std::make_unique<Session>(env, model.Serialise(), operators);
      made->Input("x", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {rows, k}, x.data(), x.size() * 4);
      for (int i = 0; i < copies; i++) {
        made->Output("y" + std::to_string(i), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {rows, n}, y.data(), y.size() * 4);
      }
      return made;
    };
    const auto ours = session(true);
    const auto theirs = session(false);
    Compare(name, *ours, *theirs, bytes, 2.0 * static_cast<double>(rows) * static_cast<double>(n) * static_cast<double>(k), copies);
  }

  // One node; its cache is re-read by each run.
  void Attention(const std::string& layer, int64_t tokens, int64_t past, int64_t heads, int64_t kv_heads, int64_t d) const {
    const std::string name = layer + " attention tokens " + std::to_string(tokens) + " past " + std::to_string(past);
    if (name.find(filter) == std::string::npos) return;
    const int64_t total = past + tokens;
    const size_t cache = static_cast<size_t>(kv_heads * total * d);
    std::vector<float> query(static_cast<size_t>(tokens * heads * d), 0.3f);
    std::vector<float> key(static_cast<size_t>(tokens * kv_heads * d), 0.2f);
    std::vector<float> past_key(cache, 0.1f);
    std::vector<float> past_value(cache, 0.1f);
    std::vector<float> y(query.size());
    int64_t past_length = past;
    int32_t last = static_cast<int32_t>(total - 1);
    int32_t total_length = static_cast<int32_t>(total);
    const auto session = [&](bool ours) {
      const std::vector<int64_t> cache_dims = {1, kv_heads, total, d};
      OnnxModel model;
      model.Input("q", OnnxModel::kFloat, {1, tokens, heads * d});
      for (const char* input : {"k", "v"}) model.Input(input, OnnxModel::kFloat, {1, tokens, kv_heads * d});
      for (const char* input : {"pk", "pv"}) model.Input(input, OnnxModel::kFloat, cache_dims);
      model.Output("y", OnnxModel::kFloat, {1, tokens, heads * d});
      for (const char* output : {"nk", "nv"}) model.Output(output, OnnxModel::kFloat, cache_dims);
      if (ours) {
        model.Input("length", OnnxModel::kInt64, {1});
        model.Node("edgefleet", "Attention", {"q", "k", "v", "pk", "pv", "length"}, {"y", "nk", "nv"},
                   {{"num_heads", heads}, {"kv_num_heads", kv_heads}, {"head_size", d}});
      } else {
        model.Input("last", OnnxModel::kInt32, {1});
        model.Input("total", OnnxModel::kInt32, {1});
        model.Node("com.microsoft", "GroupQueryAttention", {"q", "k", "v", "pk", "pv", "last", "total"}, {"y", "nk", "nv"},
                   {{"num_heads", heads}, {"kv_num_heads", kv_heads}});
      }
      auto made = std::make_unique<Session>(env, model.Serialise(), operators);
      const auto type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
      made->Input("q", type, {1, tokens, heads * d}, query.data(), query.size() * 4);
      for (const char* input : {"k", "v"}) made->Input(input, type, {1, tokens, kv_heads * d}, key.data(), key.size() * 4);
      made->Input("pk", type, cache_dims, past_key.data(), cache * 4);
      made->Input("pv", type, cache_dims, past_value.data(), cache * 4);
      made->Output("nk", type, cache_dims, past_key.data(), cache * 4);
      made->Output("nv", type, cache_dims, past_value.data(), cache * 4);
      made->Output("y", type, {1, tokens, heads * d}, y.data(), y.size() * 4);
      if (ours) {
        made->Input("length", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, {1}, &past_length, sizeof past_length);
      } else {
        made->Input("last", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, {1}, &last, sizeof last);
        made->Input("total", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, {1}, &total_length, sizeof total_length);
      }
      return made;
    };
    const auto ours = session(true);
    const auto theirs = session(false);
    const double pairs = static_cast<double>(tokens) * static_cast<double>(past) + 0.5 * static_cast<double>(tokens * (tokens + 1));
    Compare(name, *ours, *theirs, 8.0 * static_cast<double>(cache), 4.0 * static_cast<double>(heads * d) * pairs, 1);
  }
};

int Run(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "Usage: %s LIBONNXRUNTIME LIBEDGEFLEET_OPS [threads] [repeats] [name filter]\n", arguments[0]);
    return 2;
  }
  void* runtime = dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL);
  if (runtime == nullptr) throw std::runtime_error(dlerror());
  void* library = dlopen(arguments[2], RTLD_NOW);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const OrtApiBase* base = Symbol<const OrtApiBase* (*)()>(runtime, "OrtGetApiBase")();
  api = base->GetApi(23);
  if (api == nullptr) throw std::runtime_error("ONNX Runtime is older than 1.23");
  const int threads = count > 3 ? std::max(1, std::atoi(arguments[3])) : 2;
  OrtThreadingOptions* threading = nullptr;
  Check(api->CreateThreadingOptions(&threading));
  Check(api->SetGlobalIntraOpNumThreads(threading, threads));
  OrtEnv* env = nullptr;
  Check(api->CreateEnvWithGlobalThreadPools(ORT_LOGGING_LEVEL_ERROR, "bench", threading, &env));
  const int repeats = count > 4 ? std::max(1, std::atoi(arguments[4])) : 15;
  const Benchmark benchmark{env,
                            arguments[2],
                            threads,
                            repeats,
                            count > 5 ? arguments[5] : "",
                            Symbol<double (*)(int, size_t, int)>(library, "edgefleet_probe_read_bandwidth"),
                            Symbol<double (*)(int, int)>(library, "edgefleet_probe_fma_flops")};
  std::printf("{\"onnxruntime\":\"%s\",\"operators\":\"%s\",\"threads\":%d,\"clock\":\"%s\"}\n", base->GetVersionString(),
              Symbol<const char* (*)()>(library, "edgefleet_ops_version")(), threads,
              threads == 1 ? "processor" : "wall");

  struct Layer {
    const char* name;
    int64_t n;
    int64_t k;
  };
  const Layer layers[] = {{"qwen2.5-0.5b qkv", 1152, 896},     {"qwen2.5-0.5b o", 896, 896},      {"qwen2.5-0.5b gate_up", 9728, 896},
                          {"qwen2.5-0.5b down", 896, 4864},    {"mamba-130m in", 3072, 768},      {"mamba-130m out", 768, 1536},
                          {"falcon-h1-0.5b in", 3352, 1024},   {"falcon-h1-0.5b gate_up", 4096, 1024}};
  for (const int bits : {4, 32}) {
    for (const int64_t rows : {1, 512}) {
      for (const Layer& layer : layers) benchmark.Linear(layer.name, bits, rows, layer.n, layer.k);
    }
  }
  benchmark.Linear("qwen2.5-0.5b head", 8, 1, 151936, 896);
  benchmark.Linear("qwen2.5-0.5b gate_up", 32, 1024, 9728, 896);
  benchmark.Attention("qwen2.5-0.5b", 1, 2047, 14, 2, 64);
  benchmark.Attention("qwen2.5-0.5b", 512, 0, 14, 2, 64);
  benchmark.Attention("qwen2.5-0.5b", 2048, 0, 14, 2, 64);
  benchmark.Attention("falcon-h1-0.5b", 512, 0, 8, 2, 64);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return Run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dense_benchmark: %s\n", error.what());
    return 1;
  }
}
