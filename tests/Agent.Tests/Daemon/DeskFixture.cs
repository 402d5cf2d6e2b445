using EdgeFleet.Agent.Assignments;
using EdgeFleet.Agent.Delivery;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Protos.V1;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;

namespace EdgeFleet.Agent.Tests.Daemon;

/// <summary>A desk over a real journal and spool; opening it again is a restart of the agent.</summary>
internal sealed class DeskFixture : IDisposable
{
    private TraceSpool? spool;
    private readonly string root = Directory.CreateTempSubdirectory("desk").FullName;

    public DeskFixture() => Restart();

    public static string DeviceId { get; } = new('a', 64);

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public TraceOutbox Outbox { get; private set; } = null!;

    public AssignmentDesk Desk { get; private set; } = null!;

    public string JournalFile => Path.Combine(root, "journal");

    /// <summary>What is left after kill -9, opened again.</summary>
    public void Restart(long spoolBytes = 1 << 20)
    {
        Desk?.Dispose();
        Outbox?.Dispose();
        spool = TraceSpool.Open(Path.Combine(root, "spool"), new SpoolOptions { BoundBytes = spoolBytes }, Time);
        Outbox = new TraceOutbox(spool, DeviceId, "spool-1", spoolBytes);
        Desk = new AssignmentDesk(Journal.Open(JournalFile, out _), Outbox, Logger.None);
    }

    public static Assignment Assignment(uint attempt = 1, string? runId = null) => new()
    {
        Run = new WorkerRun { RunId = runId ?? "00000000-0000-5000-8000-000000000001", Attempt = attempt, Scenario = new Scenario { Model = "m", Provider = Provider.Cpu } },
        Origin = new RunOrigin { SweepId = "s", FireUnixNs = 1 },
    };

    public static Trace Completed(Assignment assignment) => RunTraces.Ended(assignment, Outcome.Completed, "", "");

    /// <summary>The traces that wait, as the collector would read them.</summary>
    public IReadOnlyList<(TraceHeader Header, Trace Trace)> Waiting()
    {
        var found = new List<(TraceHeader, Trace)>();
        while (Outbox.Peek() is { } item)
        {
            using var decompressor = new ZstdSharp.Decompressor();
            found.Add((item.Chunk.Header, Trace.Parser.ParseFrom(decompressor.Unwrap(item.Chunk.Data.Span).ToArray())));
            Outbox.Acknowledge(item.Sequence);
        }

        return found;
    }

    public void Dispose()
    {
        Desk.Dispose();
        Outbox.Dispose();
        spool?.Dispose();
        Directory.Delete(root, recursive: true);
    }
}
