using EdgeFleet.Agent.Link;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Assignments;

/// <summary>Tells the collector how far a run is: each phase, and twice a second at most within one.</summary>
internal sealed class ProgressReports(WorkerRun run, CollectorLink link, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly Lock gate = new();
    private string phase = "";
    private long sent;

    /// <summary>Reports.</summary>
    public void Report(WorkerProgress progress)
    {
        lock (gate)
        {
            if (progress.Phase == phase && time.GetElapsedTime(sent) < Interval) return;
            phase = progress.Phase;
            sent = time.GetTimestamp();
        }

        link.Send(new AgentMessage { Progress = new RunProgress { RunId = run.RunId, Attempt = run.Attempt, Progress = progress } });
    }
}
