using System.Text.Json;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Reports;
using EdgeFleet.Measurement.Results;

namespace EdgeFleet.Agent.Output;

/// <summary>Adds to what another writer writes which model is best where, once all rows are there.</summary>
/// <param name="rows">Writes the rows.</param>
/// <param name="output">Where the answer goes in words; null for formats that programs read.</param>
/// <param name="html">File of the report; null for none.</param>
internal sealed class AnsweringWriter(IRowWriter rows, TextWriter? output, string? html) : IRowWriter
{
    private readonly List<MeasuredResult> results = [];

    public void Write(BenchRow row)
    {
        rows.Write(row);

        // Through the same JSON that files hold, so that an answer given now and one from the file are the same answer.
        using var line = new StringReader(JsonSerializer.Serialize(row, OutputJson.Default.BenchRow));
        results.AddRange(ResultLines.Read(line, "bench"));
    }

    public void Complete()
    {
        rows.Complete();
        var answer = Answer.Of(results, ignore: []);
        if (output is not null && (answer is Answer.Refused || results.Select(result => result.Candidate).Distinct().Count() > 1))
        {
            output.WriteLine();
            foreach (var line in AnswerText.Lines(answer)) output.WriteLine(line);
            output.Flush();
        }

        if (html is null || results.Count == 0) return;
        File.WriteAllText(html, answer switch
        {
            Answer.Given given => HtmlReport.Write(given),
            Answer.Refused refused => throw new InvalidDataException($"no report was written, since the conditions changed while scenarios were measured: {string.Join("; ", refused.Differences)}."),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        });
    }
}
