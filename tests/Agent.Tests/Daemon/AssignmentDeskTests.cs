using EdgeFleet.Agent.Assignments;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests.Daemon;

public sealed class AssignmentDeskTests : IDisposable
{
    private const string OtherRun = "00000000-0000-5000-8000-000000000002";
    private readonly DeskFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task An_accepted_run_is_in_the_journal_until_its_trace_is_in_the_spool()
    {
        var assignment = DeskFixture.Assignment();
        Assert.True(fixture.Desk.Offer(assignment).Accepted);
        Assert.Equal("held", Assert.Single(fixture.Desk.Claims(DeskFixture.DeviceId, 10)).State);
        var open = (await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None))!;
        Assert.Equal(assignment, open.Assignment);
        Assert.Equal("running", Assert.Single(fixture.Desk.Claims(DeskFixture.DeviceId, 10)).State);
        fixture.Desk.Complete(open, DeskFixture.Completed(assignment));
        Assert.Equal("spooled", Assert.Single(fixture.Desk.Claims(DeskFixture.DeviceId, 10)).State);
        Assert.Empty(fixture.Desk.State.Held);
        Assert.Equal(assignment.Origin, Assert.Single(fixture.Waiting()).Header.Origin);
        Assert.Empty(fixture.Desk.Claims(DeskFixture.DeviceId, 10));
    }

    [Fact]
    public void A_second_assignment_is_busy_and_the_same_again_is_accepted_once()
    {
        Assert.True(fixture.Desk.Offer(DeskFixture.Assignment()).Accepted);
        Assert.True(fixture.Desk.Offer(DeskFixture.Assignment()).Accepted);
        Assert.Equal("busy", fixture.Desk.Offer(DeskFixture.Assignment(runId: OtherRun)).Reason);
        Assert.Single(fixture.Desk.State.Held);
    }

    [Fact]
    public void An_older_attempt_is_stale_whether_the_newer_one_runs_or_waits()
    {
        Assert.True(fixture.Desk.Offer(DeskFixture.Assignment(attempt: 3)).Accepted);
        Assert.Equal("stale_attempt", fixture.Desk.Offer(DeskFixture.Assignment(attempt: 2)).Reason);
        fixture.Restart();
        fixture.Desk.RecoverInterrupted();
        Assert.Equal("stale_attempt", fixture.Desk.Offer(DeskFixture.Assignment(attempt: 2)).Reason);
        Assert.True(fixture.Desk.Offer(DeskFixture.Assignment(attempt: 4)).Accepted);
    }

    [Fact]
    public void What_a_restart_interrupted_ends_as_agent_restarted_once()
    {
        fixture.Desk.Offer(DeskFixture.Assignment());
        fixture.Restart();
        fixture.Desk.RecoverInterrupted();
        fixture.Restart();
        fixture.Desk.RecoverInterrupted();
        var (header, trace) = Assert.Single(fixture.Waiting());
        Assert.Equal((Outcome.Failed, "agent_restarted"), (trace.End.Outcome, trace.End.Reason));
        Assert.Equal(("s", 1u), (header.Origin.SweepId, header.Attempt));
    }

    [Fact]
    public async Task A_crash_between_spool_and_journal_does_not_end_a_run_twice()
    {
        var before = DeskFixture.Assignment();
        fixture.Desk.Offer(before);
        var journal = await File.ReadAllBytesAsync(fixture.JournalFile, TestContext.Current.CancellationToken);
        var open = (await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None))!;
        fixture.Desk.Complete(open, DeskFixture.Completed(before));
        await File.WriteAllBytesAsync(fixture.JournalFile, journal, TestContext.Current.CancellationToken); // The journal's last change never reached the disk.
        fixture.Restart();
        fixture.Desk.RecoverInterrupted();
        Assert.Equal(Outcome.Completed, Assert.Single(fixture.Waiting()).Trace.End.Outcome);
        Assert.Empty(fixture.Desk.State.Held);
    }

    [Fact]
    public void A_damaged_journal_is_moved_aside()
    {
        fixture.Desk.Offer(DeskFixture.Assignment());
        var bytes = File.ReadAllBytes(fixture.JournalFile);
        bytes[^1] ^= 1;
        File.WriteAllBytes(fixture.JournalFile, bytes);
        var journal = Journal.Open(fixture.JournalFile, out var damaged);
        Assert.Empty(journal.State.Held);
        Assert.Equal(bytes, File.ReadAllBytes(damaged!));
    }

    [Fact]
    public async Task A_cancel_stops_the_running_run_and_ends_a_held_one_with_a_trace()
    {
        fixture.Desk.Offer(DeskFixture.Assignment());
        fixture.Desk.Cancel(new CancelRun { RunId = OtherRun, Reason = "sweep_cancelled" }, DeskFixture.DeviceId);
        fixture.Desk.Cancel(new CancelRun { RunId = DeskFixture.Assignment().Run.RunId, Attempt = 2 }, DeskFixture.DeviceId);
        Assert.Single(fixture.Desk.State.Held);
        fixture.Desk.Cancel(new CancelRun { RunId = DeskFixture.Assignment().Run.RunId, Attempt = 1, Reason = "sweep_cancelled" }, DeskFixture.DeviceId);
        var end = Assert.Single(fixture.Waiting()).Trace.End;
        Assert.Equal((Outcome.Cancelled, "sweep_cancelled"), (end.Outcome, end.Reason));

        fixture.Desk.Offer(DeskFixture.Assignment(runId: OtherRun));
        var open = (await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None))!;
        fixture.Desk.Cancel(new CancelRun { RunId = OtherRun, Reason = "stop_condition" }, DeskFixture.DeviceId);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, open.Ended));
        Assert.Equal("stop_condition", open.Why!.Reason);
    }

    [Fact]
    public async Task A_trace_that_cannot_be_kept_gives_its_run_back()
    {
        fixture.Restart(spoolBytes: 64);
        AssignmentReply? told = null;
        fixture.Desk.Lost = reply => told = reply;
        fixture.Desk.Offer(DeskFixture.Assignment());
        var open = (await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None))!;
        fixture.Desk.Complete(open, DeskFixture.Completed(open.Assignment));
        Assert.Equal((false, "trace_dropped"), (told!.Accepted, told.Reason));
        Assert.Empty(fixture.Desk.Claims(DeskFixture.DeviceId, 10));
        var level = fixture.Outbox.Level;
        Assert.Equal((1UL, 1UL), (level.Produced, level.Dropped["too_large"]));
    }

    [Fact]
    public async Task A_draining_desk_takes_nothing_new()
    {
        fixture.Desk.StopTaking();
        Assert.Equal("draining", fixture.Desk.Offer(DeskFixture.Assignment()).Reason);
        Assert.Null(await fixture.Desk.NextAsync(DeskFixture.DeviceId, CancellationToken.None));
    }

    [Fact]
    public void What_the_device_does_not_have_is_a_reason()
    {
        fixture.Desk.Obstacle = scenario => scenario.Provider == Provider.Cpu ? "provider_unavailable" : null;
        Assert.Equal("provider_unavailable", fixture.Desk.Offer(DeskFixture.Assignment()).Reason);
        Assert.Equal("invalid_assignment", fixture.Desk.Offer(new Assignment()).Reason);
        Assert.Equal("invalid_assignment", fixture.Desk.Offer(DeskFixture.Assignment(runId: "../../etc")).Reason);
    }

    [Fact]
    public void A_trace_of_another_device_is_taken_over_with_its_own_device()
    {
        using var other = new DeskFixture();
        var claimed = DeskFixture.Assignment();
        other.Outbox.Put(DeskFixture.Completed(claimed), claimed.Origin);
        var chunk = other.Outbox.Peek()!.Value.Chunk;
        chunk.Header.DeviceId = new string('b', 64);
        chunk.Header.SpoolId = "another";
        var path = Directory.CreateTempSubdirectory("carried").FullName;
        using (var spool = EdgeFleet.Agent.Spool.TraceSpool.Open(path, new(), other.Time))
        {
            spool.Append(Google.Protobuf.MessageExtensions.ToByteArray(chunk));
            Assert.Equal(1, fixture.Outbox.Carry(spool));
        }

        var header = Assert.Single(fixture.Waiting()).Header;
        Assert.Equal((new string('b', 64), "spool-1"), (header.DeviceId, header.SpoolId));
        Directory.Delete(path, recursive: true);
    }
}
