#include "quantized_linear/product.h"

#include <algorithm>

#include "dense/workspace.h"
#include "quantized_linear/kernel.h"

namespace edgefleet {
namespace {

// A task should last long against its hand-over (about a microsecond) and short against the whole product.
constexpr size_t kLeastStreamBytes = 64 * 1024;
constexpr size_t kMostStreamBytes = 1024 * 1024;
constexpr size_t kStreamTasks = 32;
// Activations of one task's rows stay in the second-level cache while tiles of weights pass by.
constexpr size_t kActivationBytes = 768 * 1024;
constexpr size_t kTilesPerTask = 4;

size_t DivideUp(size_t a, size_t b) { return (a + b - 1) / b; }

}  // namespace

void QuantizedProduct(const float* x, size_t rows, const QuantizedWeights& w, float* y, const ParallelFor& parallel_for, Isa isa) {
  if (rows == 0 || w.n == 0) return;
  const size_t blocks = w.k / kQuantizedBlock;
  const size_t row_bytes = blocks * kActivationBlockBytes;
  const size_t group_rows = SelectQuantizedGroupRows(isa)();
  const size_t groups = DivideUp(rows, group_rows);
  const auto quantize = SelectQuantizeActivations(isa);
  const auto product = w.bits == 4 ? SelectQuantizedProduct4(isa) : SelectQuantizedProduct8(isa);

  // The calling thread's; tasks on other threads read it.
  thread_local Workspace quantized;
  uint8_t* const activations = static_cast<uint8_t*>(quantized.Reserve(rows * row_bytes));
  const auto quantize_group = [&](int64_t group) {
    const size_t first = static_cast<size_t>(group) * group_rows;
    quantize(x + first * w.k, std::min(group_rows, rows - first), blocks, w.bits, activations + first * row_bytes);
  };
  parallel_for(static_cast<int64_t>(groups), quantize_group);

  const size_t tiles = DivideUp(w.n, kQuantizedTile);
  const size_t tile_bytes = blocks * kQuantizedBlock * kQuantizedTile * w.bits / 8;
  const size_t groups_per_task = groups == 1 ? 1 : std::clamp<size_t>(kActivationBytes / (group_rows * row_bytes), 1, groups);
  const size_t group_tasks = DivideUp(groups, groups_per_task);
  const size_t stream_bytes = std::clamp(tiles * tile_bytes / kStreamTasks, kLeastStreamBytes, kMostStreamBytes);
  const size_t tiles_per_task = groups == 1 ? std::max<size_t>(1, stream_bytes / tile_bytes) : kTilesPerTask;
  const size_t tile_tasks = DivideUp(tiles, tiles_per_task);
  const size_t workspace_bytes = SelectQuantizedWorkspace(isa)(blocks, w.bits);
  const QuantizedOperands operands{activations, w.values, w.scales, w.bias, y, rows, w.n, blocks};
  parallel_for(static_cast<int64_t>(group_tasks * tile_tasks), [&](int64_t task) {
    thread_local Workspace workspace;
    const size_t first = static_cast<size_t>(task) % tile_tasks * tiles_per_task;
    const size_t first_group = static_cast<size_t>(task) / tile_tasks * groups_per_task;
    product(operands, first_group, std::min(groups, first_group + groups_per_task), first, std::min(tiles, first + tiles_per_task),
            static_cast<uint8_t*>(workspace.Reserve(workspace_bytes)));
  });
}

}  // namespace edgefleet
