// Overhead of the decoder over a bare loop of RunWithBinding on the same session.
// usage: EdgeFleet.Harness.Bench MODEL PRECISION [PAIRS [STEPS [THREADS]]]: prints one row of a Markdown table. With one thread it is in processor
// time, so that it can be run on a machine that is not idle; with more in wall time.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using EdgeFleet.Harness.Bench;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Weights;

const int Context = 128;
const int Warmup = 20;

var model = args[0];
var precision = ExportNames.ParsePrecision(args[1]);
var pairs = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 96;
var steps = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 8;
var threads = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 2;

var capacity = Context + Math.Max(steps, Warmup) + 2;
var artifact = Artifact(model, precision);
using var session = DecoderSession.Open(RuntimePack.Bundled(), artifact, new DecoderOptions { Threads = threads });
using var decoder = new Decoder(session, new DecoderShape(1, capacity), CancellationToken.None);
using var bare = new BareLoop(session, Context + (steps / 2), capacity);
decoder.Prefill([.. Enumerable.Range(0, Context).Select(index => (long)(index * 31 % artifact.Manifest.Vocabulary))]);
using var checkpoint = decoder.Save();
var instants = new long[steps + 1];

Decode(Warmup);
bare.Run(Warmup);
var ratios = ImmutableArray.CreateBuilder<double>(pairs);
var ours = new double[pairs];
var theirs = new double[pairs];
for (var pair = 0; pair < pairs; pair++)
{
    // The order alternates, so that a drift of the machine falls on both.
    if (pair % 2 == 0)
    {
        ours[pair] = Ours();
        theirs[pair] = Bare();
    }
    else
    {
        theirs[pair] = Bare();
        ours[pair] = Ours();
    }

    ratios.Add(ours[pair] / theirs[pair]);
}

var samples = ratios.MoveToImmutable();
var interval = MedianInterval.Of([.. samples.Order()]);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"| {model} | {artifact.Manifest.Precision.Name} | {threads} | {(threads == 1 ? "processor" : "wall")} | {pairs} x {steps} | {Quantile.Median(theirs):F1} | {Quantile.Median(ours):F1} | "
    + $"{Percent(Quantile.Median(samples.AsSpan()))} | {Percent(interval.Low)} .. {Percent(interval.High)} |"));

static string Percent(double ratio) => ((ratio - 1) * 100).ToString("+0.00;-0.00", CultureInfo.InvariantCulture);

double Ours()
{
    // Coming back copies state, which a generation does not do: a step in between brings the caches to what they hold then.
    decoder.Restore(checkpoint);
    _ = decoder.Step();
    var cpu = ThreadClock.Microseconds();
    Decode(steps);
    cpu = ThreadClock.Microseconds() - cpu;
    return (threads == 1 ? cpu : Microseconds(instants[steps] - instants[0])) / steps;
}

// As the measuring engine does it: an instant per token.
void Decode(int count)
{
    instants[0] = Stopwatch.GetTimestamp();
    for (var i = 1; i <= count; i++)
    {
        _ = decoder.Step();
        instants[Math.Min(i, steps)] = Stopwatch.GetTimestamp();
    }
}

double Bare()
{
    bare.Run(1);
    var cpu = ThreadClock.Microseconds();
    var start = Stopwatch.GetTimestamp();
    bare.Run(steps);
    var wall = Microseconds(Stopwatch.GetTimestamp() - start);
    return (threads == 1 ? ThreadClock.Microseconds() - cpu : wall) / steps;
}

static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

// Exported once, to a directory that is kept for the next time.
static Artifact Artifact(string model, ExportPrecision precision)
{
    var directory = Path.Combine(Path.GetTempPath(), "edgefleet-bench", $"{model}-{precision.Name()}");
    if (File.Exists(Path.Combine(directory, ArtifactJson.FileName)))
    {
        return EdgeFleet.Models.Artifacts.Artifact.Open(directory);
    }

    var entry = ModelCatalogue.BuiltIn.Find(model) ?? throw new ArgumentException($"No model '{model}' in the catalogue.");
    using var weights = new RandomWeightSource(seed: 1, DecoderDescription.Of(entry.Config).Declarations);
    return ArtifactExporter.Export(
        new ExportRequest
        {
            Config = entry.Config, Weights = weights, Name = model, Target = ExportTarget.Cpu, Precision = precision, OutputDirectory = directory,
        },
        CancellationToken.None);
}
