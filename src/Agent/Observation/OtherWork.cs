using System.Diagnostics;
using System.Globalization;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>
/// Counts the processor time that others used while a run lasted: the machine's busy time less that of this process and of its children that ended. Work that starts
/// behind the look before a run, and is over at the look behind it, is seen here alone. Time that a hypervisor took away counts as others' work, too.
/// </summary>
internal sealed class OtherWork
{
    /// <summary>Processors' worth of other work that no finding is made of.</summary>
    public const double Tolerated = 0.1;

    private readonly ProcessorTicks machine;
    private readonly TimeSpan own;
    private readonly long started;

    private OtherWork(ProcessorTicks machine, TimeSpan own, long started) => (this.machine, this.own, this.started) = (machine, own, started);

    /// <summary>Begins to count.</summary>
    /// <param name="tree">The machine's files.</param>
    public static OtherWork Begin(SystemTree tree) => new(ProcessorTicks.Read(tree), Posix.ProcessorTime(), Stopwatch.GetTimestamp());

    /// <summary>What is to be said of the time since; null where others did little.</summary>
    /// <param name="tree">The machine's files.</param>
    public Finding? End(SystemTree tree)
    {
        var elapsed = Stopwatch.GetElapsedTime(started);
        var processors = Processors(ProcessorTicks.Read(tree).BusySince(machine), Posix.ProcessorTime() - own, elapsed);
        return processors <= Tolerated
            ? null
            : new Finding { Code = FindingCodes.OtherLoad, Message = string.Create(CultureInfo.InvariantCulture, $"During the run, {processors:0.00} processors were busy with other work.") };
    }

    /// <summary>Processors that others kept busy.</summary>
    /// <param name="busy">Processors that were busy.</param>
    /// <param name="own">Processor time of the run and its agent.</param>
    /// <param name="elapsed">How long it lasted.</param>
    public static double Processors(double busy, TimeSpan own, TimeSpan elapsed) => elapsed <= TimeSpan.Zero ? 0 : Math.Max(0, busy - (own / elapsed));
}
