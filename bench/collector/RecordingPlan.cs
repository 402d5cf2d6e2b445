using System.Collections.Immutable;

namespace EdgeFleet.Collector.Bench;

/// <summary>What is recorded. How many tokens a run generates, and how often its agent reads the sensors, decides how large its trace becomes.</summary>
internal static class RecordingPlan
{
    /// <summary>The shapes of checkpoints in tests/Fixtures, some hundred thousand parameters each, with random weights: they decode up to 30,000 tokens a second.</summary>
    public static ImmutableArray<(string Name, string Family, string Fixture)> Models { get; } =
    [
        ("tiny-llama", "transformer", "llama"), ("tiny-mamba", "ssm", "mamba"), ("tiny-mamba2", "ssm", "mamba2"), ("tiny-falcon-h1", "hybrid", "falcon_h1"), ("tiny-zamba2", "hybrid", "zamba2"),
    ];

    /// <summary>The agents, which work side by side.</summary>
    public static ImmutableArray<RecordedDevice> Devices { get; } =
    [
        new("short", 0.1, [Usual("[tiny-llama, tiny-mamba, tiny-falcon-h1]", "8,512", "0,2,8,32,64,128")]),
        new("middle", 0.01, [Usual("[tiny-llama, tiny-mamba2, tiny-zamba2]", "64", "192,256,384,512,768,1k")]),
        new("fine", 0.002, [Usual("[tiny-mamba, tiny-mamba2, tiny-llama]", "64", "1280,1536,2k,3k"), Long("4k,6k,8k,10k,12k,14k,17k,20k", 10)]),
        new("long", 0.005, [Long("128k", 17), Long("128k", 3), Long("64k", 5), Long("128k", 2)]),
        new("longer", 0.02, [Long("128k", 9), Long("128k", 6), Long("128k", 5), Long("128k", 4)]),
    ];

    // All passes, and as many iterations as the engine finds to be enough.
    private static string Usual(string models, string context, string decode) => $"models: {models}\ncontext: {context}\ndecode: {decode}\nthreads: 1\nrepeats: 1\n";

    // An SSM's tokens take no longer the more of them there are. The first iteration is a warm-up.
    private static string Long(string decode, int iterations) =>
        $"models: tiny-mamba2\ncontext: 64\ndecode: {decode}\nthreads: 1\nrepeats: 1\n"
        + $"engine: {{memory_pass: false, max_warmup_iterations: 1, min_iterations: {iterations - 1}, max_iterations: {iterations - 1}, max_measure: 10m}}\n";
}
