namespace EdgeFleet.Agent.Output;

/// <summary>Machine and build in one line below a table.</summary>
internal static class EnvironmentLine
{
    /// <summary>The line of the last row that was measured: one that could not be started knows nothing of either.</summary>
    public static string Of(IReadOnlyList<BenchRow> rows) => Of(rows.LastOrDefault(row => row.Environment.Count > 0) ?? rows[^1]);

    private static string Of(BenchRow row)
    {
        string Value(string name) => row.Environment.GetValueOrDefault(name, "unknown");
        return $"edgefleet-agent {Value("agent_version")} ({Short(Value("agent_commit"))}), ONNX Runtime {Value("onnxruntime_version")}, "
            + $"{Value("cpu_model")} ({Value("cpu_instruction_sets")}), {Value("os")}, definitions {row.DefinitionsVersion}";
    }

    private static string Short(string commit) => commit.Length > 10 ? commit[..10] : commit;
}
