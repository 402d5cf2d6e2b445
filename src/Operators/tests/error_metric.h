// max |y - y*| / RMS(y*) per batch and channel, the measure of docs/operators.md's accuracy.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "reference/element.h"

namespace edgefleet {

/// `count` positions (tokens or states) of `channels` channels for each of `batch` sequences. With fewer than 16 positions a
/// channel's own RMS says little (one cancelled value would be all of it): then it is taken over all channels of the sequence.
template <typename T>
double GreatestError(const std::vector<T>& found, const std::vector<double>& exact, int64_t batch, int64_t count, int64_t channels) {
  double greatest = 0;
  for (int64_t sequence = 0; sequence < batch; ++sequence) {
    const auto at = [&](int64_t i, int64_t c) { return static_cast<size_t>((sequence * count + i) * channels + c); };
    double all = 0;
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t c = 0; c < channels; ++c) all += exact[at(i, c)] * exact[at(i, c)];
    }
    for (int64_t c = 0; c < channels; ++c) {
      double squares = 0;
      double error = 0;
      for (int64_t i = 0; i < count; ++i) {
        squares += exact[at(i, c)] * exact[at(i, c)];
        const double difference = std::fabs(reference::Value(found[at(i, c)]) - exact[at(i, c)]);
        if (std::isnan(difference)) return INFINITY;
        error = std::max(error, difference);
      }
      const double mean = count < 16 ? all / static_cast<double>(count * channels) : squares / static_cast<double>(count);
      if (error > 0) greatest = std::max(greatest, error / std::sqrt(mean));
    }
  }
  return greatest;
}

}  // namespace edgefleet
