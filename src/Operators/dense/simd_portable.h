// Vectors of 4 floats for the dense kernels, by the compiler's vector extension: what every processor has.
#pragma once

#include <cstddef>
#include <cstring>

namespace edgefleet::EDGEFLEET_ISA {

struct DenseVector {
  using Vector = float __attribute__((vector_size(16)));
  static constexpr size_t kLanes = 4;
  // 4 x 2 accumulators, two vectors of the panel and the broadcast fit the 16 registers of x86-64.
  static constexpr size_t kTileRows = 4;
  static constexpr size_t kTileVectors = 2;
  static constexpr size_t kFewRows = 2;

  static Vector Zero() { return Vector{}; }
  static Vector Set(float value) { return Vector{value, value, value, value}; }
  static Vector Load(const float* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static Vector LoadPartial(const float* p, size_t count) {
    Vector v{};
    for (size_t i = 0; i < count; i++) v[i] = p[i];
    return v;
  }
  static void Store(float* p, Vector v) { std::memcpy(p, &v, sizeof v); }
  static void StorePartial(float* p, Vector v, size_t count) {
    for (size_t i = 0; i < count; i++) p[i] = v[i];
  }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Subtract(Vector a, Vector b) { return a - b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector MultiplyAdd(Vector a, Vector b, Vector c) { return a * b + c; }
  static Vector Max(Vector a, Vector b) { return a > b ? a : b; }
  static float Sum(Vector v) { return (v[0] + v[1]) + (v[2] + v[3]); }
  static float Largest(Vector v) {
    const float low = v[0] > v[1] ? v[0] : v[1];
    const float high = v[2] > v[3] ? v[2] : v[3];
    return low > high ? low : high;
  }
  static void StoreSum4(float* p, Vector a, Vector b, Vector c, Vector d) {
    p[0] = Sum(a);
    p[1] = Sum(b);
    p[2] = Sum(c);
    p[3] = Sum(d);
  }
  // Adding and taking away 1.5 * 2^23 leaves the nearest whole number, for |v| < 2^22.
  static Vector Round(Vector v) {
    volatile Vector shifted = v + Set(12582912.0f);
    return shifted - Set(12582912.0f);
  }
  static void Transpose(const float* source, size_t source_stride, size_t rows, size_t columns, float* target, size_t stride) {
    for (size_t c = 0; c < columns; c++) {
      for (size_t r = 0; r < kLanes; r++) target[c * stride + r] = r < rows ? source[r * source_stride + c] : 0.0f;
    }
  }
};

}  // namespace edgefleet::EDGEFLEET_ISA
