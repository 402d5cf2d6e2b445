using EdgeFleet.Agent.Engine;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Worker;

/// <summary>Sends what a run reports to the agent.</summary>
internal sealed class ChannelTraceSink(MessageChannel channel) : ITraceSink
{
    public void Part(Trace part) => channel.Send(new WorkerToAgent { Part = part });

    public void Progress(string phase, int done, int total) =>
        channel.Send(new WorkerToAgent { Progress = new WorkerProgress { Phase = phase, Done = (uint)done, Total = (uint)total } });
}
