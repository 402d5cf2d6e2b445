using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EdgeFleet.Inference.Profiling;

/// <summary>Reads what <c>SessionEndProfiling</c> wrote, in one pass and bounded memory.</summary>
public static class SessionProfileReader
{
    private const int InitialBuffer = 1 << 16;
    private const int MaximumBuffer = 1 << 20;
    private const int MaximumDepth = 16;
    private const int MaximumDistinctNodes = 1 << 18;
    private const string NodeCategory = "Node";
    private const string KernelSuffix = "_kernel_time";
    private const string RunEvent = "model_run";

    /// <summary>Reads a profile, its runs shared out to phases.</summary>
    /// <param name="path">The profile's file.</param>
    /// <param name="phaseOfRun">Phase of a run by its number, from 0; null leaves the run out.</param>
    /// <returns>A profile per phase that had a run.</returns>
    /// <exception cref="InvalidDataException">Not a profile, or cut off.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ImmutableDictionary<string, OperatorProfile> Read(string path, Func<int, string?> phaseOfRun)
    {
        using var file = File.OpenRead(path);
        return Read(file, path, phaseOfRun);
    }

    /// <inheritdoc cref="Read(string, Func{int, string})"/>
    /// <param name="stream">The profile.</param>
    /// <param name="where">Names it in errors.</param>
    /// <param name="phaseOfRun">Phase of a run by its number, from 0; null leaves the run out.</param>
    public static ImmutableDictionary<string, OperatorProfile> Read(Stream stream, string where, Func<int, string?> phaseOfRun)
    {
        var collector = new Collector(where, phaseOfRun);
        try
        {
            ReadEvents(stream, where, collector);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{where}: not a complete profile: {exception.Message}", exception);
        }

        return collector.Result();
    }

    private static void ReadEvents(Stream stream, string where, Collector collector)
    {
        var buffer = new byte[InitialBuffer];
        var length = 0;
        var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = MaximumDepth });
        var current = new ProfileEvent();
        while (true)
        {
            var read = stream.Read(buffer, length, buffer.Length - length);
            length += read;
            var reader = new Utf8JsonReader(buffer.AsSpan(0, length), isFinalBlock: read == 0, state);
            while (reader.Read())
            {
                Take(ref reader, current, collector, where);
            }

            if (read == 0)
            {
                return;
            }

            state = reader.CurrentState;
            length -= (int)reader.BytesConsumed;
            buffer.AsSpan((int)reader.BytesConsumed, length).CopyTo(buffer);
            if (length == buffer.Length)
            {
                if (buffer.Length >= MaximumBuffer)
                {
                    throw new InvalidDataException(string.Create(
                        CultureInfo.InvariantCulture, $"{where}: a token is longer than {MaximumBuffer} bytes; this is not a profile."));
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static void Take(ref Utf8JsonReader reader, ProfileEvent current, Collector collector, string where)
    {
        switch (reader.CurrentDepth, reader.TokenType)
        {
            case (0, JsonTokenType.StartArray or JsonTokenType.EndArray):
                break;
            case (0, _):
                throw new InvalidDataException($"{where}: not a profile: expected a list of events.");
            case (1, JsonTokenType.StartObject):
                current.Clear();
                break;
            case (1, JsonTokenType.EndObject):
                collector.Take(current);
                break;
            case (1, _):
                throw new InvalidDataException($"{where}: not a profile: an event is not an object.");
            default:
                current.Take(ref reader, reader.CurrentDepth - 1);
                break;
        }
    }

    private sealed class Collector(string where, Func<int, string?> phaseOfRun)
    {
        private readonly Dictionary<string, Phase> _phases = new(StringComparer.Ordinal);
        private readonly Dictionary<Key, Total> _run = [];
        private int _runs;

        public void Take(ProfileEvent item)
        {
            if (item.Category == NodeCategory && item.Name.EndsWith(KernelSuffix, StringComparison.Ordinal))
            {
                ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(
                    _run, new Key(item.Name[..^KernelSuffix.Length], item.Operator, item.Provider, item.Shapes), out _);
                total.Count++;
                total.TimeNs += item.DurationUs * 1000;
                Bound(_run.Count);
            }
            else if (item.Category == "Session" && item.Name == RunEvent)
            {
                // A run's event is written when it ends, behind those of its nodes.
                EndRun(item.DurationUs * 1000);
            }
        }

        public ImmutableDictionary<string, OperatorProfile> Result() => _phases.ToImmutableDictionary(
            static pair => pair.Key,
            static pair => new OperatorProfile(
                [
                    .. pair.Value.Nodes.Select(static node => new NodeTime(
                        node.Key.Node, node.Key.Operator, OperatorClasses.Of(node.Key.Operator, node.Key.Node), node.Key.Provider,
                        node.Key.Shapes, node.Value.Count, node.Value.TimeNs))
                        .OrderByDescending(static node => node.TimeNs).ThenBy(static node => node.Node, StringComparer.Ordinal),
                ],
                pair.Value.Runs,
                pair.Value.RunNs),
            StringComparer.Ordinal);

        private void EndRun(long timeNs)
        {
            if (phaseOfRun(_runs++) is { } name)
            {
                if (!_phases.TryGetValue(name, out var phase))
                {
                    _phases.Add(name, phase = new Phase());
                }

                phase.Runs++;
                phase.RunNs += timeNs;
                foreach (var (key, run) in _run)
                {
                    ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(phase.Nodes, key, out _);
                    total.Count += run.Count;
                    total.TimeNs += run.TimeNs;
                }

                Bound(phase.Nodes.Count);
            }

            _run.Clear();
        }

        private void Bound(int distinct)
        {
            if (distinct > MaximumDistinctNodes)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture, $"{where}: more than {MaximumDistinctNodes} different nodes and shapes."));
            }
        }
    }

    private sealed class Phase
    {
        public Dictionary<Key, Total> Nodes { get; } = [];

        public int Runs { get; set; }

        public long RunNs { get; set; }
    }

    private readonly record struct Key(string Node, string Operator, string Provider, string Shapes);

    private struct Total
    {
        public long Count;
        public long TimeNs;
    }
}
