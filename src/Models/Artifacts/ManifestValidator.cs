using System.Collections.Immutable;
using System.Globalization;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Checks what the JSON schema cannot: ranges, names, and that the parts of a manifest fit each other.</summary>
public static class ManifestValidator
{
    private const int GreatestRank = 8;
    private const int DigestLength = 64;
    private const int GreatestNameLength = 1024;

    /// <summary>Validates a manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="where">Names it in errors.</param>
    /// <exception cref="InvalidDataException">A member is not as it must be; the message names it.</exception>
    public static void Validate(ArtifactManifest manifest, string where)
    {
        void Require(bool condition, string member, string expectation)
        {
            if (!condition)
                throw new InvalidDataException($"{where}: {member} must be {expectation}.");
        }

        Require(manifest.Schema == ArtifactManifest.CurrentSchema, "schema", string.Create(CultureInfo.InvariantCulture, $"{ArtifactManifest.CurrentSchema}"));
        Require(IsName(manifest.Name), "name", "printable text of 1 to 1024 characters");
        Require(IsName(manifest.Architecture), "architecture", "printable text of 1 to 1024 characters");
        Require(manifest.Target is "cpu" or "cuda", "target", "cpu or cuda");
        Require(manifest.Weights.Source is "checkpoint" or "random" or "foreign", "weights.source", "checkpoint, random or foreign");
        Require(manifest.Parameters >= 0, "parameters", "at least 0");
        Require(manifest is { Vocabulary: > 0, Layers: > 0, Hidden: > 0 }, "vocabulary, layers and hidden", "at least 1");
        Require(manifest.TrainedContext is null or > 0, "trained_context", "null or at least 1");
        Require(manifest.PositionLimit is null or > 0, "position_limit", "null or at least 1");
        Require(manifest.MinimumOperatorVersion >= 0, "minimum_operator_version", "at least 0");
        Require(!manifest.Inputs.IsDefault && !manifest.States.IsDefault && !manifest.Rotary.IsDefault, "inputs, states and rotary", "lists");
        Require(!manifest.Routes.IsDefault && !manifest.Files.IsDefault, "routes and files", "lists");
        Require(IsName(manifest.LogitsOutput), "logits_output", "a name");
        ValidateInputs(manifest, Require);
        ValidateStates(manifest, Require);
        ValidateFiles(manifest.Files, Require);
        Require(
            manifest.Cost is { WeightBytesPerStep: >= 0, FlopPerToken: >= 0, HeadFlop: >= 0, AttentionFlopPerPair: >= 0, Windows.IsDefault: false },
            "cost",
            "numbers of at least 0");
    }

    private static void ValidateInputs(ArtifactManifest manifest, Action<bool, string, string> require)
    {
        foreach (var input in manifest.Inputs)
        {
            require(IsName(input.Name), "inputs.name", "a name");
            require(IsType(input.Type), $"the type of input '{input.Name}'", "a known element type");
        }

        var inputNames = manifest.Inputs.Select(input => input.Name).Concat(manifest.States.Select(state => state.Input)).ToList();
        require(inputNames.Distinct(StringComparer.Ordinal).Count() == inputNames.Count, "the names of inputs and states", "different from each other");
        require(
            manifest.Inputs.Select(input => input.Role).Distinct().Count() == manifest.Inputs.Length, "the roles of inputs", "different from each other");
        require(manifest.Inputs.Any(input => input.Role == InputRole.TokenIds), "inputs", "such that one has the role token_ids");
        foreach (var rotary in manifest.Rotary)
        {
            require(rotary.Dimension is >= 2 and <= 1 << 16 && rotary.Dimension % 2 == 0, "rotary.dimension", "even and at least 2");
            require(double.IsFinite(rotary.Base) && rotary.Base > 0, "rotary.base", "positive");
            require(
                inputNames.Contains(rotary.CosInput, StringComparer.Ordinal) && inputNames.Contains(rotary.SinInput, StringComparer.Ordinal),
                "rotary.cos_input and rotary.sin_input",
                "names of inputs");
        }
    }

    private static void ValidateStates(ArtifactManifest manifest, Action<bool, string, string> require)
    {
        foreach (var state in manifest.States)
        {
            require(IsName(state.Input) && IsName(state.Output), "states.input and states.output", "names");
            require(IsType(state.Type), $"the type of state '{state.Input}'", "a known element type");
            require(state.Layer >= 0 && state.Layer < manifest.Layers, $"the layer of state '{state.Input}'", "below layers");
            require(
                !state.Shape.IsDefaultOrEmpty && state.Shape.Length <= GreatestRank
                && state.Shape.All(dimension => dimension is StateManifest.Batch or StateManifest.Capacity or (>= 1 and <= int.MaxValue)),
                $"the shape of state '{state.Input}'",
                "1 to 8 dimensions, each -1, -2 or at least 1");
        }

        var outputs = manifest.States.Select(state => state.Output).Append(manifest.LogitsOutput).ToList();
        require(outputs.Distinct(StringComparer.Ordinal).Count() == outputs.Count, "the names of outputs", "different from each other");
    }

    private static void ValidateFiles(ImmutableArray<FileManifest> files, Action<bool, string, string> require)
    {
        foreach (var file in files)
        {
            require(
                IsName(file.Path) && Path.GetFileName(file.Path) == file.Path && !file.Path.Contains('\\', StringComparison.Ordinal)
                && file.Path is not ("." or "..") && file.Path != ArtifactJson.FileName,
                $"the path of file '{file.Path}'",
                "a plain name");
            require(file.Bytes >= 0, $"the bytes of file '{file.Path}'", "at least 0");
            require(
                file.Sha256.Length == DigestLength && file.Sha256.All(char.IsAsciiHexDigitLower),
                $"the sha256 of file '{file.Path}'",
                "64 lower-case hex digits");
        }

        require(files.Select(file => file.Path).Distinct(StringComparer.Ordinal).Count() == files.Length, "the paths of files", "different from each other");
        require(files.Count(file => file.Path.EndsWith(".onnx", StringComparison.Ordinal)) == 1, "files", "such that exactly one ends in .onnx");
    }

    private static bool IsName(string name) => name.Length is > 0 and <= GreatestNameLength && !name.Any(char.IsControl);

    private static bool IsType(string type) =>
        type is "float32" or "float16" or "bfloat16" or "int64" or "int32" or "int8" or "uint8" or "bool";
}
