#include "registration/shape.h"

#include <algorithm>

namespace edgefleet {

Shape::Shape(std::initializer_list<int64_t> dims) : Shape(dims.begin(), dims.size()) {}

Shape::Shape(const int64_t* dims, size_t rank) : rank_(rank) { std::copy_n(dims, std::min(rank, kMaxRank), dims_); }

int64_t Shape::ElementCount() const {
  int64_t count = 1;
  for (size_t axis = 0; axis < rank_; ++axis) count *= dims_[axis];
  return count;
}

std::string Shape::ToString() const {
  std::string text = "[";
  for (size_t axis = 0; axis < std::min(rank_, kMaxRank); ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(dims_[axis]);
  return text + (rank_ > kMaxRank ? ", ...]" : "]");
}

bool ExpectedDimension::Admits(int64_t found) const {
  switch (rule) {
    case Rule::kAny: return true;
    case Rule::kExactly: return found == value;
    case Rule::kAtLeast: return found >= value;
  }
  return false;
}

std::string ExpectedDimension::ToString() const {
  switch (rule) {
    case Rule::kAny: return "any";
    case Rule::kExactly: return std::to_string(value);
    case Rule::kAtLeast: return ">= " + std::to_string(value);
  }
  return "";
}

}  // namespace edgefleet
