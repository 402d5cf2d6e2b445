using System.Diagnostics;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Agent.Telemetry;

/// <summary>Reads all sensors at a fixed rate on a thread of its own, on a processor that the measurement leaves free where there is one.</summary>
internal sealed class TelemetrySampler : IDisposable
{
    /// <summary>Time between two readings of a sensor unless told otherwise: INA3221 monitors and NVML have no new value much more often.</summary>
    public static readonly TimeSpan DefaultPeriod = TimeSpan.FromMilliseconds(100);

    // 17 bytes a sample in a trace that may have 64 MiB; beyond it every second sample is dropped and the period doubles.
    private const int DefaultMostSamples = 2_000_000;
    private const double LateFactor = 1.5;
    private readonly SensorTrack[] tracks;
    private readonly ManualResetEventSlim stop = new();
    private readonly List<double> intervals = [];
    private readonly int mostSamples;
    private readonly Thread thread;
    private readonly long started = Stopwatch.GetTimestamp();
    private long period;
    private long last;
    private long reading;
    private bool thinned;

    /// <summary>Starts reading.</summary>
    /// <param name="sensors">What to read.</param>
    /// <param name="period">Time between two readings.</param>
    /// <param name="measuringThreads">Threads of the measurement: with fewer than processors, the sampler keeps to the last processor.</param>
    /// <param name="mostSamples">Samples of all sensors together after which they are thinned.</param>
    public TelemetrySampler(IEnumerable<ISensor> sensors, TimeSpan period, int measuringThreads, int mostSamples = DefaultMostSamples)
    {
        tracks = [.. sensors.Select(sensor => new SensorTrack(sensor))];
        this.period = (long)(period.TotalSeconds * Stopwatch.Frequency);
        this.mostSamples = mostSamples;
        Period = period;
        using var placed = new ManualResetEventSlim();
        thread = new Thread(() =>
        {
            Placement = ThreadPlacement.Avoid(measuringThreads);
            placed.Set();
            Sample();
        })
        {
            IsBackground = true,
            Name = "telemetry",
        };
        thread.Start();
        placed.Wait();
    }

    /// <summary>Time between two readings that was asked for.</summary>
    public TimeSpan Period { get; }

    /// <summary>Where the thread runs, in words.</summary>
    public string Placement { get; private set; } = "";

    /// <summary>Ends reading.</summary>
    /// <returns>All samples.</returns>
    public TelemetryRecord Finish()
    {
        stop.Set();
        thread.Join();
        var elapsed = Stopwatch.GetTimestamp() - started;
        double[] seconds = [.. intervals];
        return new TelemetryRecord
        {
            Series = [.. tracks.Select(track => track.ToSeries())],
            Period = Period,
            MedianInterval = seconds.Length == 0 ? 0 : Quantile.Median(seconds),
            Interval99 = seconds.Length == 0 ? 0 : Quantile.Of(seconds, 0.99),
            LongestInterval = seconds.Length == 0 ? 0 : seconds.Max(),
            Readings = seconds.Length + 1,
            Late = seconds.Count(interval => interval > LateFactor * Period.TotalSeconds),
            BusyShare = elapsed == 0 ? 0 : (double)reading / elapsed,
            Placement = Placement,
            Thinned = thinned,
        };
    }

    public void Dispose()
    {
        stop.Set();
        thread.Join();
        stop.Dispose();
    }

    private void Sample()
    {
        var next = Stopwatch.GetTimestamp();
        do
        {
            var end = ReadAll();

            // Missed instants are left out rather than made up for in a burst.
            do next += period;
            while (next <= end);
        }
        while (!Stopped(next));

        // What is asked for ends before the sampler is stopped: a last sample lies behind it however busy the machine is.
        ReadAll();
    }

    private bool Stopped(long next)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
        return left > TimeSpan.Zero ? stop.Wait(Milliseconds(left)) : stop.IsSet;
    }

    // A wait counts whole milliseconds and would drop the rest: a reading before its instant may come close behind a late one.
    internal static int Milliseconds(TimeSpan left) => (int)Math.Ceiling(left.TotalMilliseconds);

    /// <summary>Reads every sensor once.</summary>
    /// <returns>When it was done.</returns>
    private long ReadAll()
    {
        var begin = Stopwatch.GetTimestamp();
        if (last != 0) intervals.Add(Stopwatch.GetElapsedTime(last, begin).TotalSeconds);
        last = begin;
        foreach (var track in tracks) track.Read();
        if (tracks.Sum(track => track.Count) > mostSamples) Thin();
        var end = Stopwatch.GetTimestamp();
        reading += end - begin;
        return end;
    }

    private void Thin()
    {
        foreach (var track in tracks) track.Thin();
        period *= 2;
        thinned = true;
    }

    /// <summary>One sensor's samples.</summary>
    private sealed class SensorTrack(ISensor sensor)
    {
        private const int PatienceReadings = 20;
        private readonly List<long> times = [];
        private readonly List<double> values = [];
        private int failures;
        private int consecutive;
        private string failure = "";

        public int Count => times.Count;

        public void Read()
        {
            if (consecutive >= PatienceReadings) return; // A sensor that is gone would only cost time.
            try
            {
                var before = Stopwatch.GetTimestamp();
                var value = SensorSet.ReadPlausible(sensor);
                var after = Stopwatch.GetTimestamp();
                times.Add(Nanoseconds(before + ((after - before) / 2)));
                values.Add(value);
                consecutive = 0;
            }
            catch (SensorException exception)
            {
                failures++;
                consecutive++;
                failure = exception.Message;
            }
        }

        public void Thin()
        {
            var kept = 0;
            for (var i = 0; i < times.Count; i += 2, kept++) (times[kept], values[kept]) = (times[i], values[i]);
            times.RemoveRange(kept, times.Count - kept);
            values.RemoveRange(kept, values.Count - kept);
        }

        public SampledSeries ToSeries() => new(sensor.Name, sensor.Resolution, [.. times], [.. values], failures, failure);

        private static long Nanoseconds(long timestamp) => Stopwatch.Frequency == 1_000_000_000 ? timestamp : (long)((Int128)timestamp * 1_000_000_000 / Stopwatch.Frequency);
    }
}
