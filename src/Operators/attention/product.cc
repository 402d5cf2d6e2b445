#include "attention/product.h"

#include <algorithm>
#include <cstring>

#include "attention/kernel.h"
#include "dense/workspace.h"

namespace edgefleet {
namespace {

// Rows (tokens * heads of a group) of a task: many, so that packing a block of keys is cheap against its use.
constexpr size_t kTaskRows = 196;
// Enough tasks that threads of unequal speed end together.
constexpr size_t kTasks = 16;
constexpr size_t kAppendTokens = 64;

size_t DivideUp(size_t a, size_t b) { return (a + b - 1) / b; }

void CopyPast(const AttentionArguments& a, const ParallelFor& parallel_for) {
  if (a.past == 0 || (a.past_key == a.present_key && a.past_value == a.present_value)) return;
  const size_t stride = a.capacity * a.head_size;
  const size_t bytes = a.past * a.head_size * sizeof(float);
  parallel_for(static_cast<int64_t>(a.batch * a.kv_heads), [&](int64_t head) {
    const size_t at = static_cast<size_t>(head) * stride;
    if (a.past_key != a.present_key) std::memcpy(a.present_key + at, a.past_key + at, bytes);
    if (a.past_value != a.present_value) std::memcpy(a.present_value + at, a.past_value + at, bytes);
  });
}

}  // namespace

void ComputeAttention(const AttentionArguments& a, const ParallelFor& parallel_for, Isa isa) {
  CopyPast(a, parallel_for);

  const size_t heads = a.batch * a.kv_heads;
  const auto append = SelectAttentionAppend(isa);
  const auto append_heads = [&](size_t first_head, size_t last_head, size_t first_token, size_t last_token) {
    for (size_t head = first_head; head < last_head; head++) append(a, head / a.kv_heads, head % a.kv_heads, first_token, last_token);
  };
  const size_t pieces = DivideUp(a.tokens, kAppendTokens);
  if (heads * a.tokens <= kAppendTokens) {
    parallel_for(1, [&](int64_t) { append_heads(0, heads, 0, a.tokens); });
  } else {
    parallel_for(static_cast<int64_t>(heads * pieces), [&](int64_t task) {
      const size_t head = static_cast<size_t>(task) / pieces;
      const size_t first = static_cast<size_t>(task) % pieces * kAppendTokens;
      append_heads(head, head + 1, first, std::min(a.tokens, first + kAppendTokens));
    });
  }

  const size_t most_tokens = std::max<size_t>(1, kTaskRows / a.group());
  const size_t task_tokens = std::clamp<size_t>(DivideUp(a.tokens * heads, kTasks), 1, std::min(most_tokens, a.tokens));
  const size_t token_tasks = DivideUp(a.tokens, task_tokens);
  const size_t rows = task_tokens * a.group();
  const size_t tasks = heads * token_tasks;
  // Few queries over a long past: several tasks share the keys of one head.
  const size_t total = a.past + a.tokens;
  const size_t seen = std::min(total, a.window + a.tokens - 1);
  const size_t parts = std::clamp<size_t>(DivideUp(kTasks, tasks), 1, DivideUp(seen, kAttentionKeys));

  thread_local Workspace joined;
  const size_t partial_floats = rows * (a.head_size + 2);
  float* const partials = parts == 1 ? nullptr : static_cast<float*>(joined.Reserve(tasks * parts * partial_floats * sizeof(float)));
  const auto task_of = [&](size_t index) {
    AttentionTask task{};
    task.batch_row = index / token_tasks / a.kv_heads;
    task.kv_head = index / token_tasks % a.kv_heads;
    task.first_token = index % token_tasks * task_tokens;
    task.last_token = std::min(a.tokens, task.first_token + task_tokens);
    const size_t position = a.past + task.first_token + 1;
    task.first_key = position > a.window ? position - a.window : 0;
    task.last_key = a.past + task.last_token;
    if (parts != 1) task.partial = partials + index * parts * partial_floats;
    return task;
  };
  const auto block = SelectAttentionBlock(isa);
  const size_t workspace_bytes = SelectAttentionWorkspace(isa)(rows, a.head_size);
  parallel_for(static_cast<int64_t>(tasks * parts), [&](int64_t i) {
    thread_local Workspace workspace;
    // The last tokens see the most keys: they come first.
    const size_t index = tasks - 1 - static_cast<size_t>(i) / parts;
    const size_t part = static_cast<size_t>(i) % parts;
    AttentionTask task = task_of(index);
    if (parts != 1) {
      const size_t keys = DivideUp(DivideUp(task.last_key - task.first_key, parts), 16) * 16;
      const size_t first = std::min(task.last_key, task.first_key + part * keys);
      task.last_key = std::min(task.last_key, first + keys);
      task.first_key = first;
      task.partial += part * (task.last_token - task.first_token) * a.group() * (a.head_size + 2);
    }
    block(a, task, workspace.Reserve(workspace_bytes));
  });
  if (parts == 1) return;
  const auto merge = SelectAttentionMerge(isa);
  parallel_for(1, [&](int64_t) {
    for (size_t index = 0; index < tasks; index++) merge(a, task_of(index), parts);
  });
}

}  // namespace edgefleet
