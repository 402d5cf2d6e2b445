#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "include/edgefleet/operators.h"
#include "probe/kernel.h"
#include "tests/supported_isas.h"

namespace edgefleet {
namespace {

using ProbeOnCpu = OnEachIsa;

TEST_P(ProbeOnCpu, ReadsEveryElement) {
  std::vector<float> data(4096, 1.0f);
  data[17] = 5.0f;
  data[4095] = 7.0f;
  EXPECT_EQ(SelectProbeRead(GetParam())(data.data(), data.size() * sizeof(float)), 4094.0f + 12.0f);
}

TEST_P(ProbeOnCpu, CountsItsMultiplyAdds) {
  float sink = 0.0f;
  const double once = SelectProbeMultiplyAdd(GetParam())(1000, &sink);
  EXPECT_GT(once, 0);
  EXPECT_EQ(SelectProbeMultiplyAdd(GetParam())(2000, &sink), 2 * once);
  EXPECT_TRUE(std::isfinite(sink));
}

TEST(Probe, GivesPositiveRates) {
  EXPECT_GT(edgefleet_probe_read_bandwidth(2, size_t{8} << 20, 2), 0);
  EXPECT_GT(edgefleet_probe_matrix_flops(2, 1), 0);
  EXPECT_GT(edgefleet_probe_fma_flops(2, 1), 0);
}

TEST(Probe, RefusesWhatCannotBeMeasured) {
  EXPECT_TRUE(std::isnan(edgefleet_probe_read_bandwidth(2, 100, 1)));
  EXPECT_TRUE(std::isnan(edgefleet_probe_read_bandwidth(0, size_t{8} << 20, 1)));
  EXPECT_TRUE(std::isnan(edgefleet_probe_matrix_flops(-1, 1)));
  EXPECT_TRUE(std::isnan(edgefleet_probe_fma_flops(2, 0)));
}

EDGEFLEET_ON_EACH_ISA(ProbeOnCpu);

}  // namespace
}  // namespace edgefleet
