using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Agent.Engine;
using EdgeFleet.Agent.Output;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Inference.Verification;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Export;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>verify</c>: compares a checkpoint's logits with another framework's, on the artifact that bench would run.</summary>
internal static class VerifyCommand
{
    private const int MaximumTokens = 4096;
    private const int ReferenceChunk = 256;
    private const ulong Seed = 1;

    public static Command Create(AgentConsole console)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "Checkpoint directory, org/name, or an artifact." };
        var reference = new Option<string>("--reference") { Description = "safetensors file with input_ids int64 [B, T] and logits [B, T, V].", HelpName = "FILE" };
        var against = new Option<string>("--against") { Description = "Instead of a reference: the same model in this precision, on random tokens.", HelpName = "PRECISION" };
        var tokens = NumericOption.Of<int>("--tokens", "Tokens to compare with --against.", 256, "T");
        var prefill = NumericOption.Of<int>("--prefill", "Tokens of the prefill, the rest one by one; 0 for all.", 0, "P");
        var chunk = NumericOption.Of<int>("--chunk", "Prefill in pieces of this many tokens; 0 for one piece.", 0, "C");
        var precision = new Option<string>("--precision", "-p") { Description = "fp32, int4, or on a GPU fp16 or bf16.", DefaultValueFactory = _ => "fp32" };
        var provider = new Option<string>("--provider") { Description = "cpu, cuda or tensorrt.", DefaultValueFactory = _ => "cpu" };
        var tolerance = NumericOption.Of<double>("--tolerance", "Greatest error over the logits' deviation. Default: by family and precision (docs/measurement.md).", null, "X");
        var threads = ModelOptions.Threads();
        var output = new Option<string>("--output", "-o") { Description = "table or json.", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        var runtimePack = ModelOptions.RuntimePack();
        var cache = ModelOptions.Cache();
        var command = new Command("verify", "Compares every position's logits with a reference, or two precisions; status 1 past the tolerance, 2 on bad input.")
        {
            checkpoint, reference, against, tokens, prefill, chunk, precision, provider, tolerance, threads, output, runtimePack, cache,
        };
        command.SetGuardedAction(console, ExitStatus.Usage, async (parsed, cancellation) =>
        {
            double? asked = parsed.GetResult(tolerance) is null ? null : parsed.GetValue(tolerance);
            if (asked is { } most && !(most > 0 && double.IsFinite(most))) throw new UsageException($"--tolerance {most} is not a positive number.");
            if (parsed.GetValue(reference) is null == parsed.GetValue(against) is null)
                throw new UsageException("Name what to compare with: either --reference FILE.safetensors or --against PRECISION.");
            if (parsed.GetValue(tokens) is < 1 or > MaximumTokens) throw new UsageException($"--tokens {parsed.GetValue(tokens)} is outside 1 to {MaximumTokens}.");
            if (parsed.GetValue(prefill) < 0) throw new UsageException($"--prefill {parsed.GetValue(prefill)} is negative.");
            if (parsed.GetValue(chunk) < 0) throw new UsageException($"--chunk {parsed.GetValue(chunk)} is negative.");
            var location = ModelOptions.Locate(parsed.GetRequiredValue(checkpoint));
            var providerName = ModelOptions.Provider(parsed.GetRequiredValue(provider));
            var named = ModelOptions.Precision(parsed.GetRequiredValue(precision));
            ExportPrecision? other = parsed.GetValue(against) is { } name ? ModelOptions.Precision(name) : null;
            var threadCount = parsed.ThreadCount(threads);
            var store = new ArtifactCache(parsed.CacheDirectory(cache));
            var progress = new ProgressLine(console.Error, console.InteractiveError, quiet: !console.InteractiveError);
            var target = providerName == "cpu" ? ExportTarget.Cpu : ExportTarget.Cuda;
            ReadyArtifact Obtain(ExportPrecision wanted)
            {
                var found = store.Obtain(location, target, wanted, progress.ForExport(location.Name), cancellation);
                progress.Clear();
                return found;
            }

            using var obtained = Obtain(named);
            var artifact = obtained.Artifact;
            var pack = parsed.GetValue(runtimePack) is { } directory ? RuntimePack.Open(directory, store.Hashes, cancellation) : RuntimePack.Bundled();
            var options = new DecoderOptions
            {
                Provider = ModelOptions.Executor(providerName),
                Threads = threadCount,
            };
            var ids = PromptTokens.Make(Seed, parsed.GetValue(tokens), artifact.Manifest.Vocabulary);
            float[] expected = [];
            if (other is { } compared)
            {
                using var otherArtifact = Obtain(compared);
                using var otherSession = DecoderSession.Open(pack, otherArtifact.Artifact, options);
                expected = LogitVerifier.Logits(otherSession, ids, ReferenceChunk, cancellation);
            }

            using var session = DecoderSession.Open(pack, artifact, options);
            var result = Verified(() => parsed.GetValue(reference) is { } file
                ? LogitVerifier.Verify(session, file, parsed.GetValue(prefill), parsed.GetValue(chunk), cancellation)
                : LogitVerifier.Verify(session, ids, expected, parsed.GetValue(prefill), parsed.GetValue(chunk), cancellation));

            // Of two precisions the coarser one decides what they may differ by.
            var limit = asked ?? Math.Max(DefaultTolerance(artifact.Manifest.Family, named), DefaultTolerance(artifact.Manifest.Family, other ?? named));
            var row = Row(result);
            if (parsed.GetRequiredValue(output) == "json") await console.Out.WriteLineAsync(JsonSerializer.Serialize(row, OutputJson.Default.VerificationRow));
            else PlainTable.Write(console.Out, ["what", "value"], [.. Lines(row, result.MeanKl, limit)], rightAligned: []);

            if (row.MaxErrorOverStd <= limit) return ExitStatus.Success;
            await console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{artifact.Manifest.Name}: the greatest error is {row.MaxErrorOverStd:G4} of the logits' deviation; {limit:G4} is allowed."));
            return ExitStatus.Failure;
        });
        return command;
    }

    /// <summary>
    /// What rounding explains, with room for another order of summation: float32 by family; float16 activations over all layers; bfloat16, with three
    /// bits fewer, eight times that; int4 is a change of the weights that no rounding bounds, so that its default only catches what is broken.
    /// </summary>
    internal static double DefaultTolerance(ModelFamily family, ExportPrecision precision) => (precision, family) switch
    {
        (ExportPrecision.Float32, ModelFamily.Transformer) => 1e-4,
        (ExportPrecision.Float32, _) => 1e-3,
        (ExportPrecision.Float16, ModelFamily.Transformer) => 2e-2,
        (ExportPrecision.Float16, _) => 5e-2,
        (ExportPrecision.BFloat16, ModelFamily.Transformer) => 1.6e-1,
        (ExportPrecision.BFloat16, _) => 4e-1,
        _ => 3,
    };

    private static VerificationResult Verified(Func<VerificationResult> verify)
    {
        try
        {
            return verify();
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    /// <summary>JSON has no infinity: a logit that is not a number counts as the greatest error that can be written.</summary>
    private static VerificationRow Row(VerificationResult result) => new(
        Finite(result.MaxAbsError), result.LogitStd, Finite(result.MaxErrorOverStd), result.Top1Agreement, result.Positions);

    private static double Finite(double value) => double.IsFinite(value) ? value : double.MaxValue;

    private static IEnumerable<string[]> Lines(VerificationRow row, double meanKl, double limit)
    {
        static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
        yield return ["max abs error", Text(row.MaxAbsError)];
        yield return ["logit std", Text(row.LogitStd)];
        yield return ["max error / std", $"{Text(row.MaxErrorOverStd)} (allowed {Text(limit)})"];
        yield return ["top-1 agreement", Text(row.Top1Agreement)];
        yield return ["mean KL, nats", Text(meanKl)];
        yield return ["positions", row.Positions.ToString(CultureInfo.InvariantCulture)];
    }
}
