// A tensor's shape without heap memory, and what an operator expects of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace edgefleet {

class Shape {
 public:
  static constexpr size_t kMaxRank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims);
  /// Ranks above `kMaxRank` keep the rank and lose the dimensions: no operator accepts them.
  Shape(const int64_t* dims, size_t rank);

  size_t rank() const { return rank_; }
  int64_t operator[](size_t axis) const { return dims_[axis]; }
  const int64_t* data() const { return dims_; }
  int64_t last() const { return rank_ == 0 ? 1 : dims_[rank_ - 1]; }
  int64_t ElementCount() const;
  std::string ToString() const;

 private:
  int64_t dims_[kMaxRank] = {};
  size_t rank_ = 0;
};

/// One dimension that an operator expects.
struct ExpectedDimension {
  enum class Rule { kAny, kExactly, kAtLeast };

  Rule rule;
  int64_t value;

  bool Admits(int64_t found) const;
  std::string ToString() const;
};

constexpr ExpectedDimension Any() { return {ExpectedDimension::Rule::kAny, 0}; }
constexpr ExpectedDimension Exactly(int64_t value) { return {ExpectedDimension::Rule::kExactly, value}; }
constexpr ExpectedDimension AtLeast(int64_t value) { return {ExpectedDimension::Rule::kAtLeast, value}; }

}  // namespace edgefleet
