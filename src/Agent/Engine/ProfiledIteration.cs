using EdgeFleet.Inference.Profiling;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>What the profiling passes of CPU and GPU share: a shortened scenario, driven prefill and steps apart.</summary>
internal static class ProfiledIteration
{
    /// <summary>Steps whose operators are recorded; more would only make the profile larger.</summary>
    private const int MaximumDecodeTokens = 33;

    /// <summary>The scenario with no more steps than a profile needs.</summary>
    public static Scenario Shorten(Scenario scenario)
    {
        var shortened = scenario.Clone();
        shortened.DecodeTokens = Math.Min(scenario.DecodeTokens, MaximumDecodeTokens);
        return shortened;
    }

    /// <summary>One iteration that does not count.</summary>
    public static void WarmUp(SessionDecoder decoder, Scenario scenario, CancellationToken cancellation)
    {
        decoder.Prepare(cancellation);
        decoder.Prefill(cancellation);
        Steps(decoder, scenario, cancellation);
    }

    /// <summary>The steps behind a prefill.</summary>
    public static void Steps(SessionDecoder decoder, Scenario scenario, CancellationToken cancellation)
    {
        for (var token = 1; token < scenario.DecodeTokens; token++)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.Step();
        }
    }

    /// <summary>A node's or kernel's time as reported.</summary>
    public static OperatorTime Describe(string phase, NodeTime node) => new()
    {
        Phase = phase,
        Node = node.Node,
        Operator = node.Operator,
        OperatorClass = node.Class.Name(),
        Count = (uint)Math.Min(node.Count, uint.MaxValue),
        TimeNs = node.TimeNs,
        Provider = node.Provider,
        Shapes = node.Shapes,
    };
}
