using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeFleet.Measurement.Scenarios;

/// <summary>The identity of a scenario: SHA-256 of its canonical text.</summary>
public static class ScenarioHash
{
    /// <summary>
    /// The canonical text: a version line, then one <c>name=value</c> line per field in alphabetical order, each ended by a line feed.
    /// <c>allow_provider_fallback</c> and <c>device_memory_limit_bytes</c> are left out where they are false and 0.
    /// </summary>
    /// <exception cref="ArgumentException">A text field holds a control character.</exception>
    public static string Canonical(Scenario scenario)
    {
        var text = new StringBuilder("edgefleet-scenario-1\n");
        void Line(string name, string value)
        {
            if (value.Any(char.IsControl)) throw new ArgumentException($"Scenario field '{name}' holds a control character.", nameof(scenario));
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        void Number(string name, int value) => Line(name, value.ToString(CultureInfo.InvariantCulture));

        // Fields that came later have a line where they are set alone, so that the hashes of older scenarios stay.
        if (scenario.AllowProviderFallback) Line("allow_provider_fallback", "true");
        Line("artifact_id", scenario.ArtifactId);
        Number("batch", scenario.Batch);
        Number("context_tokens", scenario.ContextTokens);
        Number("decode_tokens", scenario.DecodeTokens);
        Number("depth_tokens", scenario.DepthTokens);
        if (scenario.DeviceMemoryLimitBytes != 0) Line("device_memory_limit_bytes", scenario.DeviceMemoryLimitBytes.ToString(CultureInfo.InvariantCulture));
        Line("family", scenario.Family);
        Line("logits", scenario.Logits);
        Line("model", scenario.Model);
        Line("power_mode", scenario.PowerMode);
        Line("precision", scenario.Precision);
        Number("prefill_chunk_tokens", scenario.PrefillChunkTokens);
        Line("provider", scenario.Provider);
        Line("runtime_pack_id", scenario.RuntimePackId);
        Number("threads", scenario.Threads);
        Line("weights", scenario.Weights);
        return text.ToString();
    }

    /// <summary>The hash, 64 lower-case hexadecimal digits.</summary>
    public static string Of(Scenario scenario) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(scenario))));
}
