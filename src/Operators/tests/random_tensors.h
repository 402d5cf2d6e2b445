// Random inputs of tests: seeded, and stored as the operator stores them.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "memory/rows.h"
#include "simd/half.h"

namespace edgefleet {

/// To nearest, ties to even, by the definition: for values within binary16's range.
inline Half ToHalf(double value) {
  const double magnitude = std::fabs(value);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 11, -24);
  const double units = std::nearbyint(std::ldexp(magnitude, -exponent));
  const auto bits = static_cast<uint16_t>(exponent == -24 ? units : units + (exponent + 24) * 1024);
  return {static_cast<uint16_t>(bits | (std::signbit(value) ? 0x8000 : 0))};
}

template <typename T>
T Stored(double value);
template <>
inline float Stored<float>(double value) {
  return static_cast<float>(value);
}
template <>
inline Half Stored<Half>(double value) {
  return ToHalf(value);
}

class RandomTensors {
 public:
  explicit RandomTensors(uint32_t seed) : engine_(seed) {}

  int64_t Int(int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(engine_); }
  bool Coin() { return Int(0, 1) == 1; }

  template <typename T>
  std::vector<T> Normal(int64_t size, double deviation, double mean = 0) {
    std::normal_distribution<double> normal(mean, deviation);
    std::vector<T> values;
    for (int64_t i = 0; i < size; ++i) values.push_back(Stored<T>(normal(engine_)));
    return values;
  }

  template <typename T>
  std::vector<T> Uniform(int64_t size, double from, double to) {
    std::uniform_real_distribution<double> uniform(from, to);
    std::vector<T> values;
    for (int64_t i = 0; i < size; ++i) values.push_back(Stored<T>(uniform(engine_)));
    return values;
  }

 private:
  std::mt19937 engine_;
};

/// An activation input with surplus channels before and after those that are read. The surplus holds NaN.
template <typename T>
class PackedTensor {
 public:
  PackedTensor() = default;

  PackedTensor(RandomTensors& random, int64_t rows, int64_t width, double deviation, double mean = 0) {
    const int64_t before = random.Int(0, 5);
    const int64_t stride = before + width + random.Int(0, 5);
    const auto values = random.Normal<T>(rows * width, deviation, mean);
    T nan;
    if constexpr (sizeof(T) == sizeof(float)) {
      nan = NAN;
    } else {
      nan = {0x7E00};
    }
    data_.assign(static_cast<size_t>(rows * stride), nan);
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t i = 0; i < width; ++i) {
        data_[static_cast<size_t>(row * stride + before + i)] = values[static_cast<size_t>(row * width + i)];
      }
    }
    rows_ = {data_.data() + before, stride};
  }

  Rows<T> rows() const { return rows_; }

 private:
  std::vector<T> data_;
  Rows<T> rows_;
};

}  // namespace edgefleet
