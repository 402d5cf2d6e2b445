using System.CommandLine;
using System.Globalization;
using System.Text;

namespace EdgeFleet.Cli.Commands;

/// <summary>A sweep's definition from a file, from options, or from both: options win. The collector reads and checks the document.</summary>
internal sealed class SweepSource
{
    private readonly Option<string?> file = new("--file", "-f") { Description = "YAML or JSON definition; - reads standard input." };

    private readonly (string Key, Option<string?> Option)[] keys =
    [
        ("name", new Option<string?>("--name") { Description = "For people." }),
        ("description", new Option<string?>("--description") { Description = "For people." }),
        ("models", new Option<string?>("--models", "-m") { Description = "Models, with commas." }),
        ("devices", new Option<string?>("--devices", "-d") { Description = "Label selector; default every device." }),
        ("providers", new Option<string?>("--providers") { Description = "cpu, cuda, tensorrt; default cpu.", CompletionSources = { "cpu", "cuda", "tensorrt" } }),
        ("precisions", new Option<string?>("--precisions") { Description = "fp32, fp16, bf16, int4; default fp32.", CompletionSources = { "fp32", "fp16", "bf16", "int4" } }),
        ("context", new Option<string?>("--context", "-c") { Description = "Axis of prompt tokens, e.g. 1k,8k,32k or 1k-64k*2." }),
        ("decode", new Option<string?>("--decode") { Description = "Axis of generated tokens; default 128." }),
        ("depth", new Option<string?>("--depth") { Description = "Axis of tokens already in the state; default 0." }),
        ("batch", new Option<string?>("--batch", "-b") { Description = "Axis of sequences; default 1." }),
        ("threads", new Option<string?>("--threads", "-t") { Description = "Axis of threads; default 0, the device's choice." }),
        ("chunk", new Option<string?>("--chunk") { Description = "Axis of prefill pieces; default 0, one piece." }),
        ("logits", new Option<string?>("--logits") { Description = "last or all; default last.", CompletionSources = { "last", "all" } }),
        ("runtime_packs", new Option<string?>("--runtime-packs") { Description = "Ids of runtime packs, with commas; default the one that the device prefers." }),
        ("weights", new Option<string?>("--weights") { Description = "random or checkpoint, for models of the catalogue; default random.", CompletionSources = { "random", "checkpoint" } }),
        ("repeats", new Option<string?>("--repeats", "-r") { Description = "Runs of each scenario; default 6." }),
        ("order", new Option<string?>("--order") { Description = "random or sequential; default random.", CompletionSources = { "random", "sequential" } }),
        ("seed", new Option<string?>("--seed") { Description = "Seed of the random order." }),
        ("timeout", new Option<string?>("--timeout") { Description = "Of one run, e.g. 30min." }),
        ("power_modes", new Option<string?>("--power-modes") { Description = "Power modes; default any." }),
        ("allow_provider_fallback", new Option<string?>("--allow-provider-fallback") { Description = "true: CUDA may take TensorRT's place; default false.", CompletionSources = { "true", "false" } }),
        ("device_memory_limit_bytes", new Option<string?>("--device-memory-limit-bytes") { Description = "Memory of the GPU that a run may use; default all." }),
        ("priority", new Option<string?>("--priority") { Description = "0 to 100; default 0." }),
    ];

    private readonly Option<bool> reuse = new("--reuse") { Description = "Take results of the same key from the last 7 days." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(file);
        foreach (var (_, option) in keys) command.Options.Add(option);
        command.Options.Add(reuse);
    }

    /// <summary>The document.</summary>
    public async Task<string> ReadAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var path = parsed.GetValue(file);
        var text = path switch
        {
            null => "",
            "-" => await Console.In.ReadToEndAsync(cancellation),
            _ => await File.ReadAllTextAsync(path, cancellation),
        };
        var given = keys.Select(k => (k.Key, Value: parsed.GetValue(k.Option))).Where(k => k.Value is not null).Select(k => (k.Key, Value: Quote(k.Value!))).ToList();
        if (parsed.GetValue(reuse)) given.Add(("reuse", "{enabled: true}"));
        if (given.Count == 0) return path is null ? throw new FormatException("Nothing says what to measure. Give --models and --context, or a definition with --file; '--help' lists all.") : text;
        if (text.TrimStart().StartsWith('{')) throw new FormatException("Options cannot be added to a JSON definition; write them into the file, or use YAML.");
        var document = new StringBuilder();
        foreach (var line in Lines(text))
        {
            // A top-level key that an option replaces goes with its indented lines; empty ones stay for them, so that the file's others keep their numbers in errors.
            document.AppendJoin('\n', given.Exists(k => k.Key == KeyOf(line[0])) ? line.Select(_ => "") : line).Append('\n');
        }

        foreach (var (key, value) in given) document.Append(CultureInfo.InvariantCulture, $"{key}: {value}\n");
        return document.ToString();
    }

    private static string Quote(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    // YAML may quote a key, and have blanks before its colon.
    private static string KeyOf(string line) => line.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? line[..colon].TrimEnd().Trim('"', '\'') : "";

    private static IEnumerable<List<string>> Lines(string text)
    {
        List<string>? block = null;
        foreach (var line in text.Split('\n'))
        {
            var continues = block is not null && (line.Length == 0 || line[0] is ' ' or '\t' or '\r' or '#' or '-' or ']' or '}');
            if (!continues)
            {
                if (block is not null) yield return block;
                block = [];
            }

            block!.Add(line);
        }

        if (block is not null) yield return block;
    }
}
