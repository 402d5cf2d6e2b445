// MatMulNBits of one and few rows: the kernel of a decode step with 4- and 8-bit weights.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"
#include "mat_mul_n_bits/quantized_product.h"

namespace edgefleet::bench {
namespace {

struct QuantizedCase {
  int64_t rows = 1;
  int columns = 1;
  int depth = 32;
  int bits = 4;
  bool bias = false;
  bool constant_weight = true;
  /// Deviation of the inputs.
  float scale = 1.0f;
};

std::string Dimensions(const QuantizedCase& c) {
  return "int" + std::to_string(c.bits) + " N" + std::to_string(c.columns) + " K" + std::to_string(c.depth) + (c.bias ? " bias" : "") +
         (c.constant_weight ? "" : " computed") + (c.scale != 1.0f ? " large" : "");
}

DeviceArray<uint8_t> RandomBytes(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint64_t> words((count + 7) / 8);
  for (uint64_t& word : words) word = random();
  DeviceArray<uint8_t> bytes(count);
  EDGEFLEET_CUDA(cudaMemcpy(bytes.data(), words.data(), count, cudaMemcpyHostToDevice));
  return bytes;
}

class QuantizedData {
 public:
  QuantizedData(const QuantizedCase& c, uint64_t seed) {
    const size_t columns = static_cast<size_t>(c.columns);
    const size_t blocks = columns * static_cast<size_t>(c.depth / cuda::kQuantizedBlock);
    x = RandomArray<__half>(static_cast<size_t>(c.rows) * static_cast<size_t>(c.depth), seed + 1, {0.0f, c.scale});
    weight = RandomBytes(blocks * static_cast<size_t>(4 * c.bits), seed + 2);
    scales = RandomArray<__half>(blocks, seed + 3, {0.0f, c.bits == 4 ? 0.01f : 0.001f});
    if (c.bias) bias = RandomArray<__half>(columns, seed + 4);
    y = DeviceArray<__half>(static_cast<size_t>(c.rows) * columns);
    y.Poison();
    arguments = {x.data(), weight.data(), scales.data(), bias.data(), y.data(), c.rows, c.columns, c.depth, c.bits, c.constant_weight};
  }

  DeviceArray<__half> x, scales, bias, y;
  DeviceArray<uint8_t> weight;
  cuda::QuantizedProductArguments arguments{};
};

void CheckCase(Report& report, const QuantizedCase& c, uint64_t seed) {
  const QuantizedData data(c, seed);
  const auto x = data.x.ToHost();
  const auto weight = data.weight.ToHost();
  const auto scales = data.scales.ToHost();
  const auto bias = data.bias.ToHost();
  const size_t depth = static_cast<size_t>(c.depth);
  std::vector<double> expected(data.y.size());
  for (size_t column = 0; column < static_cast<size_t>(c.columns); ++column) {
    for (size_t row = 0; row < static_cast<size_t>(c.rows); ++row) {
      double sum = c.bias ? Value(bias[column]) : 0.0;
      for (size_t k = 0; k < depth; ++k) {
        const size_t at = column * depth + k;
        const int q = c.bits == 8 ? weight[at] - 128 : (weight[at / 2] >> (4 * (at % 2)) & 15) - 8;
        // As a matrix product's operand, a weight is a float16.
        const float exact = static_cast<float>(q) * static_cast<float>(Value(scales[at / cuda::kQuantizedBlock]));
        sum += Value(x[row * depth + k]) * Value(__float2half_rn(exact));
      }
      expected[row * static_cast<size_t>(c.columns) + column] = sum;
    }
  }
  DeviceArray<double> reference(expected.size());
  EDGEFLEET_CUDA(cudaMemcpy(reference.data(), expected.data(), reference.bytes(), cudaMemcpyHostToDevice));
  EDGEFLEET_CUDA(cuda::FewRowsQuantizedProduct(data.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("MatMulNBits", Dimensions(c), c.rows, WholeError(data.y, reference), 1e-4);
}

void TimeCase(Report& report, const Machine& machine, const QuantizedCase& c) {
  const double weights = static_cast<double>(c.columns) * c.depth;
  const double bytes = weights * c.bits / 8 + 2.0 * weights / cuda::kQuantizedBlock + 2.0 * static_cast<double>(c.rows) * (c.columns + c.depth);
  std::vector<QuantizedData> sets;
  for (int i = BufferSets(machine, bytes); i > 0; --i) sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
  ReportTime(report, machine, "MatMulNBits", Dimensions(c), c.rows, bytes, 2.0 * static_cast<double>(c.rows) * weights,
             [&](int i, cudaStream_t stream) { return cuda::FewRowsQuantizedProduct(sets[static_cast<size_t>(i) % sets.size()].arguments, stream); });
}

}  // namespace

void CheckQuantizedProduct(Report& report, const Machine&) {
  uint64_t seed = 9000;
  for (const int bits : {4, 8}) {
    for (const int64_t rows : {1, 2, 3, 5, 8}) {
      // One block; fewer blocks than lanes of a column; columns and steps that fill no warp; depths of several turns of the loop.
      CheckCase(report, {rows, 1, 32, bits, true}, seed += 10);
      CheckCase(report, {rows, 7, 96, bits, false}, seed += 10);
      CheckCase(report, {rows, 67, 896, bits, true}, seed += 10);
      CheckCase(report, {rows, 131, 4864, bits, false}, seed += 10);
      CheckCase(report, {rows, 300, 1568, bits, true, false}, seed += 10);
      CheckCase(report, {rows, 65, 992, bits, true, true, 1000.0f}, seed += 10);
      // Columns enough for two warps a column, and for one, on 132 multiprocessors.
      CheckCase(report, {rows, 9000, 256, bits, true}, seed += 10);
      CheckCase(report, {rows, 17001, 128, bits, false}, seed += 10);
    }
  }
}

void TimeQuantizedProduct(Report& report, const Machine& machine) {
  // Qwen2.5-0.5B: queries, keys and values; output; gate and up; down; head of 8 bits. Mamba2-780m: in and out.
  for (const auto& c : std::vector<QuantizedCase>{{1, 1152, 896, 4, true}, {1, 896, 896}, {1, 9728, 896}, {1, 896, 4864}, {1, 151936, 896, 8}, {1, 6448, 1536}, {1, 1536, 3072}}) {
    TimeCase(report, machine, c);
  }
  for (const int64_t rows : {2, 4, 8}) TimeCase(report, machine, {rows, 9728, 896});
  // Llama-3.2-3B's gate and up.
  TimeCase(report, machine, {1, 16384, 3072});
}

}  // namespace edgefleet::bench
