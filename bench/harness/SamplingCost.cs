using System.Globalization;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Harness.Bench;

/// <summary>
/// What reading the sensors costs: blocks of decode steps with the agent's own sampler at its default period beside blocks without it. Three blocks make a group, in random
/// order: sampled, not sampled, and a second one not sampled, whose ratio to the first shows what the experiment makes of no difference at all.
/// </summary>
internal sealed class SamplingCost : IDisposable
{
    private const int Warmup = 200;
    private const int Blocks = 3;

    private readonly Subject subject;
    private readonly SensorSet sensors = SensorSet.OfMachine(SystemTree.Machine);
    private readonly int longestLead;
    private SeededGenerator order;

    /// <summary>Prepares the decoder and finds the machine's sensors.</summary>
    /// <param name="request">What to decode.</param>
    /// <param name="seed">Seed of orders and leads.</param>
    public SamplingCost(BenchRequest request, ulong seed)
    {
        order = new SeededGenerator(seed);
        using (var warm = new Subject(request, Warmup)) longestLead = Math.Max(1, (int)(TelemetrySampler.DefaultPeriod.TotalMicroseconds / warm.Clock.Decode(Warmup)));
        subject = new Subject(request, longestLead + request.Steps);
    }

    /// <summary>Measures.</summary>
    /// <param name="output">Gets one line of JSON that describes the experiment, then one per group: its order and the times per token in microseconds.</param>
    public void Run(TextWriter output)
    {
        var request = subject.Request;
        var times = new double[Blocks];
        int[] turns = [0, 1, 2];
        double readings = 0;
        double busy = 0;
        var placement = "";
        for (var group = 0; group < request.Pairs; group++)
        {
            order.Shuffle(turns.AsSpan());
            foreach (var block in turns)
            {
                var lead = 1 + order.Below(longestLead);
                if (block > 0)
                {
                    times[block] = Time(lead);
                    continue;
                }

                using var sampler = new TelemetrySampler(sensors.Sensors, TelemetrySampler.DefaultPeriod, request.Threads);
                times[block] = Time(lead);
                var record = sampler.Finish();
                (readings, busy, placement) = (readings + record.Readings, busy + record.BusyShare, record.Placement);
            }

            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"order":"{{string.Join("", turns.Select(block => "SUV"[block]))}}","sampled":{{times[0]:F2}},"unsampled":{{times[1]:F2}},"again":{{times[2]:F2}}}"""));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"model":"{{request.Model}}","precision":"{{subject.Precision}}","threads":{{request.Threads}},"steps":{{request.Steps}},"sensors":{{sensors.Sensors.Length}},"period_ms":{{TelemetrySampler.DefaultPeriod.TotalMilliseconds}},"readings":{{readings}},"busy":{{busy / request.Pairs:F6}},"placement":"{{placement}}"}"""));
    }

    public void Dispose()
    {
        sensors.Dispose();
        subject.Dispose();
    }

    /// <summary>
    /// Time per token of a block. The sampler reads once when it starts and once when it ends, which a run does minutes apart: what is timed begins a random part of a period
    /// after the start and ends before the end, so that it meets as many readings as a run of its length.
    /// </summary>
    private double Time(int lead)
    {
        subject.Rewind();
        _ = subject.Clock.Decode(lead);
        return subject.Clock.Decode(subject.Request.Steps);
    }
}
