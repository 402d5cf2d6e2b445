using EdgeFleet.Agent.Output;

namespace EdgeFleet.Agent.Tests;

/// <summary>Rows to write.</summary>
internal static class Rows
{
    public static BenchRow Completed { get; } = new()
    {
        DefinitionsVersion = 1,
        Model = "mamba-130m",
        Family = "ssm",
        Precision = "fp32",
        ResolvedPrecision = "float32/float32/float32",
        Provider = "cpu",
        Threads = 2,
        Context = 1024,
        Depth = 0,
        Decode = 64,
        Batch = 1,
        Chunk = 0,
        Logits = "last",
        RuntimePackId = "bundled-1.31.1",
        Weights = "random",
        Outcome = "completed",
        Reason = "",
        Message = "",
        TtftMilliseconds = MetricRow.Of([100.5, 99.5]),
        TpotMilliseconds = MetricRow.Of([12.25]),
        PrefillTokensPerSecond = 10240,
        DecodeTokensPerSecond = 81.63265306122449,
        Memory = new MemoryRow(
            700 * 1048576.0, 493 * 1048576.0, 495 * 1048576.0, [new StateMemoryRow("recurrent", 9 * 1048576.0, 9 * 1048576.0), new StateMemoryRow("convolution", 1048576.0, 1048576.0)],
            105 * 1048576.0, 600 * 1048576.0, 90 * 1048576.0, 0, "process_resident"),
        StateBytes = 10 * 1048576,
        Mbu = 0.7512,
        Mfu = null,
        Findings = ["random_weights", "clocks_not_pinned"],
        Environment = new Dictionary<string, string> { ["cpu_model"] = "CPU, \"fast\" | x", ["agent_version"] = "0.1.0", ["agent_commit"] = "0123456789abcdef" },
    };

    public static BenchRow Failed { get; } = Completed with
    {
        Outcome = "failed",
        Reason = "worker_crashed",
        Message = "It said \"no\",\nthen died.",
        TtftMilliseconds = null,
        TpotMilliseconds = null,
        PrefillTokensPerSecond = null,
        DecodeTokensPerSecond = null,
        Memory = null,
        Mbu = null,
    };
}
