#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <vector>

#include "parallel/serial_for.h"
#include "tests/threaded_for.h"

namespace edgefleet {
namespace {

TEST(ParallelFor, RunsEachTaskOnce) {
  for (const int threads : {1, 2, 3, 4}) {
    std::vector<std::atomic<int>> calls(101);
    ThreadedFor{threads}(101, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelFor, FlushesDenormalsInsideTasksAndRestoresAfterwards) {
  const volatile float tiny = std::numeric_limits<float>::min();
  for (const int64_t count : {1, 7}) {
    std::atomic<int> flushed{0};
    ThreadedFor{2}(count, [&](int64_t) { flushed += tiny * 0.5f == 0.0f; });
    EXPECT_EQ(flushed, count);
    EXPECT_NE(tiny * 0.5f, 0.0f);
  }
}

}  // namespace
}  // namespace edgefleet
