using System.Text.Json;

namespace EdgeFleet.Agent.Output;

/// <summary>One JSON object a line.</summary>
internal sealed class JsonLinesWriter(TextWriter output) : IRowWriter
{
    public void Write(BenchRow row)
    {
        output.Write(JsonSerializer.Serialize(row, OutputJson.Default.BenchRow));
        output.Write('\n');
        output.Flush();
    }

    public void Complete() => output.Flush();
}
