namespace EdgeFleet.Cli.Up;

/// <summary>
/// The sweep of a first start: a Transformer, an SSM and a hybrid of published shapes, at contexts and repeats that two cores perform in about a minute.
/// It shows that everything works; its few repeats are too few for a verdict.
/// </summary>
internal static class SampleSweep
{
    /// <summary>The definition, for one device.</summary>
    public static string Document(string deviceId) => $$"""
        name: Sample of edgefleet up
        description: A Transformer, an SSM and a hybrid; random weights, few repeats.
        models: [gpt-neo-125m, mamba2-130m, falcon-h1-0.5b]
        devices: id={{deviceId}}
        precisions: int4
        context: 128,512
        decode: 16
        repeats: 1
        order: sequential
        seed: 1
        timeout: 3min
        engine: {min_warmup_iterations: 1, max_warmup_iterations: 2, min_iterations: 2, max_iterations: 3, max_measure: 4s, profile_pass: false}
        """;
}
