#include "linear/product.h"

#include <algorithm>

#include "dense/workspace.h"

namespace edgefleet {
namespace {

// Up to here the weights are streamed: packing them would cost more than it saves.
constexpr size_t kStreamedRows = 12;
// A task should last long against its hand-over (about a microsecond) and short against the whole product.
constexpr size_t kLeastStreamBytes = 128 * 1024;
constexpr size_t kMostStreamBytes = 1024 * 1024;
constexpr size_t kStreamTasks = 32;
constexpr size_t kBlockRows = 256;

size_t DivideUp(size_t a, size_t b) { return (a + b - 1) / b; }

}  // namespace

void LinearProduct(const LinearOperands& o, const ParallelFor& parallel_for, Isa isa) {
  if (o.rows == 0 || o.n == 0) return;
  if (o.rows <= kStreamedRows) {
    const size_t output_bytes = o.k * sizeof(float);
    const size_t task_bytes = std::clamp(o.n * output_bytes / kStreamTasks, kLeastStreamBytes, kMostStreamBytes);
    const size_t outputs = std::max<size_t>(8, task_bytes / output_bytes / 4 * 4);
    const size_t tasks = DivideUp(o.n, outputs);
    const auto stream = SelectLinearStream(isa);
    parallel_for(static_cast<int64_t>(tasks), [&](int64_t task) {
      const size_t first = static_cast<size_t>(task) * outputs;
      stream(o, first, std::min(o.n, first + outputs));
    });
    return;
  }
  const auto block = SelectLinearBlock(isa);
  const size_t row_blocks = DivideUp(o.rows, kBlockRows);
  const size_t rows = DivideUp(o.rows, row_blocks);
  const size_t columns = DivideUp(o.n, kLinearBlockOutputs);
  parallel_for(static_cast<int64_t>(row_blocks * columns), [&](int64_t task) {
    thread_local Workspace workspace;
    const size_t first = static_cast<size_t>(task) / row_blocks * kLinearBlockOutputs;
    const size_t first_row = static_cast<size_t>(task) % row_blocks * rows;
    block(o, first_row, std::min(o.rows, first_row + rows), first, std::min(o.n, first + kLinearBlockOutputs),
          static_cast<float*>(workspace.Reserve(kLinearBlockWorkspace * sizeof(float))));
  });
}

}  // namespace edgefleet
