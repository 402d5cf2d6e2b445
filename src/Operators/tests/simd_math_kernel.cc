#include "tests/simd_math_kernel.h"

#include "simd/math.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

template <typename In, typename Out, typename Function>
void Map(const In* x, Out* y, int64_t size, Function function) {
  for (int64_t i = 0; i < size; i += kLanes) {
    const int count = static_cast<int>(Least(int64_t{kLanes}, size - i));
    StoreUpTo(y + i, function(LoadUpTo(x + i, count)), count);
  }
}

}  // namespace

void ApplyVectorFunction(VectorFunction function, const float* x, float* y, int64_t size) {
  switch (function) {
    case VectorFunction::kExp: return Map(x, y, size, [](Floats v) { return Exp(v); });
    case VectorFunction::kExp2: return Map(x, y, size, [](Floats v) { return Exp2(v); });
    case VectorFunction::kSigmoid: return Map(x, y, size, [](Floats v) { return Sigmoid(v); });
    case VectorFunction::kSilu: return Map(x, y, size, [](Floats v) { return Silu(v); });
    case VectorFunction::kSoftplus: return Map(x, y, size, [](Floats v) { return Softplus(v); });
    case VectorFunction::kGelu: return Map(x, y, size, [](Floats v) { return Gelu(v); });
    case VectorFunction::kGeluTanh: return Map(x, y, size, [](Floats v) { return GeluTanh(v); });
  }
}

void WidenHalf(const Half* x, float* y, int64_t size) {
  Map(x, y, size, [](Floats v) { return v; });
}

void NarrowToHalf(const float* x, Half* y, int64_t size) {
  Map(x, y, size, [](Floats v) { return v; });
}

void SumAndGreatest(const float* x, int64_t size, float* sum, float* greatest) {
  Floats total = Floats::Zero();
  Floats most = Load(x);
  for (int64_t i = 0; i + kLanes <= size; i += kLanes) {
    total = total + Load(x + i);
    most = Max(most, Load(x + i));
  }
  *sum = Sum(total);
  *greatest = GreatestLane(most);
}

}  // namespace edgefleet::EDGEFLEET_ISA
