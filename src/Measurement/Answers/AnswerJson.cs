using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Answers;

/// <summary>An answer for programs.</summary>
public static class AnswerJson
{
    /// <summary>Writes one JSON object; times in seconds, memory in bytes, energy in joules.</summary>
    public static string Write(Answer answer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (answer is Answer.Refused refused) Differences(json, "refused", refused.Differences);
            if (answer is Answer.Given given)
            {
                json.WriteStartObject("conditions");
                foreach (var (name, value) in given.Conditions) json.WriteString(name, value);
                json.WriteEndObject();
                Differences(json, "ignored", given.Ignored);
                json.WriteStartArray("sections");
                foreach (var section in given.Sections) Section(json, section);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Differences(Utf8JsonWriter json, string name, IEnumerable<UnlikeCondition> differences)
    {
        json.WriteStartObject(name);
        foreach (var difference in differences)
        {
            json.WriteStartObject(difference.Name);
            foreach (var (value, results) in difference.Values) json.WriteNumber(value, results);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Section(Utf8JsonWriter json, AnswerSection section)
    {
        json.WriteStartObject();
        json.WriteNumber("depth", section.Setting.Depth);
        json.WriteNumber("decode", section.Setting.Decode);
        json.WriteNumber("batch", section.Setting.Batch);
        json.WriteNumber("chunk", section.Setting.Chunk);
        json.WriteNumber("threads", section.Setting.Threads);
        json.WriteString("logits", section.Setting.Logits);
        json.WriteStartArray("rankings");
        foreach (var ranking in section.Rankings)
        {
            json.WriteStartObject();
            json.WriteString("quantity", Name(ranking.Quantity));
            json.WriteNumber("context", ranking.Context);
            json.WriteStartArray("places");
            foreach (var place in ranking.Places)
            {
                json.WriteStartObject();
                json.WriteString("candidate", section.Label(place.Candidate));
                json.WriteNumber("median", place.Summary.Median);
                json.WriteNumber("repeats", place.Summary.Count);
                Interval(json, place.Summary.Confidence95);
                json.WriteNumber("over_best", place.OverBest);
                if (place.AgainstBest is { } verdict) json.WriteString("order", AnswerText.Word(verdict));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("crossovers");
        foreach (var found in section.Crossovers)
        {
            json.WriteStartObject();
            json.WriteString("quantity", Name(found.Quantity));
            json.WriteString("winner", section.Label(found.Winner));
            json.WriteString("loser", section.Label(found.Loser));
            json.WriteNumber("context", found.Crossover.Context);
            json.WriteNumber("measured_below", found.Crossover.Between.Low);
            json.WriteNumber("measured_above", found.Crossover.Between.High);
            Interval(json, found.Crossover.Confidence95);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("frontiers");
        foreach (var reach in section.Reaches)
        {
            json.WriteStartObject();
            json.WriteString("candidate", section.Label(reach.Candidate));
            if (reach.Longest is { } longest) json.WriteNumber("longest_completed", longest);
            if (reach.FirstEnd is { } end) json.WriteNumber("first_not_completed", end);
            if (reach.EndedBy.Length > 0) json.WriteString("ended_by", reach.EndedBy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Interval(Utf8JsonWriter json, Interval? interval)
    {
        if (interval is not { } known) return;
        json.WriteNumber("ci95_low", known.Low);
        json.WriteNumber("ci95_high", known.High);
    }

    private static string Name(Quantity quantity) => quantity switch
    {
        Quantity.TimeToFirstToken => "ttft_seconds",
        Quantity.TimePerOutputToken => "tpot_seconds",
        Quantity.PeakMemory => "peak_memory_bytes",
        Quantity.PrefillEnergy => "prefill_joules_per_token",
        _ => "decode_joules_per_token",
    };
}
