using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Onnx.Format;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

public sealed class ArtifactExporterTests
{
    [Theory]
    [InlineData("llama", ExportTarget.Cpu, ExportPrecision.Float32)]
    [InlineData("falcon_h1", ExportTarget.Cpu, ExportPrecision.Int4)]
    [InlineData("mamba", ExportTarget.Cuda, ExportPrecision.Float16)]
    [InlineData("falcon_h1", ExportTarget.Cuda, ExportPrecision.BFloat16)]
    [InlineData("qwen2", ExportTarget.Cuda, ExportPrecision.Int4)]
    public void Same_input_gives_the_same_bytes(string fixture, ExportTarget target, ExportPrecision precision)
    {
        using var directory = new TemporaryDirectory();
        var first = RandomExport.Export(RandomExport.Config(fixture), Path.Combine(directory.Path, "a"), target, precision);
        var second = RandomExport.Export(RandomExport.Config(fixture), Path.Combine(directory.Path, "b"), target, precision);
        Assert.Equal(first.Id, second.Id);
        foreach (var file in Directory.EnumerateFiles(first.Directory))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(second.Directory, Path.GetFileName(file))));
    }

    [Theory]
    [InlineData(ExportPrecision.Float32)]
    [InlineData(ExportPrecision.Int4)]
    public void Tied_table_is_stored_once(ExportPrecision precision)
    {
        using var directory = new TemporaryDirectory();
        var tied = RandomExport.Export(RandomExport.Config("llama"), Path.Combine(directory.Path, "tied"), precision: precision);
        var untied = RandomExport.Export(
            RandomExport.Config("llama", """{"tie_word_embeddings": false}"""), Path.Combine(directory.Path, "untied"), precision: precision);
        Assert.Equal(320 * 64, untied.Manifest.Parameters - tied.Manifest.Parameters);
        var table = Table(tied);
        Assert.Equal(2, table.Uses);
        Assert.Equal(1, Table(untied).Uses);
        Assert.True(tied.Manifest.Files.Sum(file => file.Bytes) < untied.Manifest.Files.Sum(file => file.Bytes));
    }

    [Fact]
    public void Every_tensor_starts_on_a_page()
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(RandomExport.Config("zamba2"), Path.Combine(directory.Path, "a"), precision: ExportPrecision.Int4);
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(artifact.ModelPath));
        var external = model.Graph.Initializer.Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External).ToList();
        Assert.NotEmpty(external);
        Assert.All(external, tensor => Assert.Equal(
            0, long.Parse(tensor.ExternalData.Single(entry => entry.Key == "offset").Value, System.Globalization.CultureInfo.InvariantCulture) % 4096));
    }

    [Fact]
    public void Opened_artifact_has_the_exports_identity_and_verifies()
    {
        using var directory = new TemporaryDirectory();
        var exported = RandomExport.Export(RandomExport.Config("mamba2"), Path.Combine(directory.Path, "a"));
        var opened = Artifact.Open(exported.Directory);
        Assert.Equal(exported.Id, opened.Id);
        opened.Verify(new FileHasher(new SessionHashMemory()), TestContext.Current.CancellationToken);
        Assert.Equal([ArtifactExporter.ModelFile, ArtifactExporter.DataFile, ArtifactJson.FileName], [.. Files(exported).Order(StringComparer.Ordinal).OrderBy(name => name == ArtifactJson.FileName)]);
    }

    [Fact]
    public void Changed_byte_is_found_by_the_hash()
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(RandomExport.Config("mamba2"), Path.Combine(directory.Path, "a"));
        var path = Path.Combine(artifact.Directory, ArtifactExporter.DataFile);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<InvalidDataException>(() => Artifact.Open(artifact.Directory).Verify(
            new FileHasher(new SessionHashMemory()), TestContext.Current.CancellationToken));
        Assert.Contains(ArtifactExporter.DataFile, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shortened_file_is_found_on_opening()
    {
        using var directory = new TemporaryDirectory();
        var artifact = RandomExport.Export(RandomExport.Config("mamba2"), Path.Combine(directory.Path, "a"));
        using (var file = File.OpenWrite(artifact.ModelPath))
            file.SetLength(10);
        Assert.Contains("10 bytes", Assert.Throws<InvalidDataException>(() => Artifact.Open(artifact.Directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Existing_directory_is_left_alone()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("mine", "text");
        var error = Assert.Throws<IOException>(() => RandomExport.Export(RandomExport.Config("llama"), directory.Path));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.Equal("text", File.ReadAllText(Path.Combine(directory.Path, "mine")));
    }

    [Fact]
    public void Cancelled_export_leaves_nothing_behind()
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config("llama");
        using var weights = new RandomWeightSource(1, DecoderDescription.Of(config).Declarations);
        using var cancellation = new CancellationTokenSource();
        var request = new ExportRequest
        {
            Config = config,
            Weights = weights,
            Name = "tiny",
            Target = ExportTarget.Cpu,
            Precision = ExportPrecision.Float32,
            OutputDirectory = Path.Combine(directory.Path, "artifact"),
            Progress = new CancelOnReport(cancellation),
        };
        Assert.Throws<OperationCanceledException>(() => ArtifactExporter.Export(request, cancellation.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }

    [Fact]
    public void Shared_block_is_found_under_any_of_its_call_sites()
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config("zamba2", """{"num_mem_blocks": 1}""");
        var declarations = DecoderDescription.Of(config).Declarations;
        using var first = new RandomWeightSource(1, declarations);
        Assert.Contains(first.Names, name => name.StartsWith("model.layers.1.shared_transformer.self_attn", StringComparison.Ordinal));
        using var last = new RandomWeightSource(1, declarations.Select(tensor => tensor with
        {
            Name = tensor.Name.Replace("layers.1.shared_transformer", "layers.4.shared_transformer", StringComparison.Ordinal),
        }));
        RandomExport.Export(config, first, Path.Combine(directory.Path, "first"));
        RandomExport.Export(config, last, Path.Combine(directory.Path, "last"));
    }

    [Fact]
    public void Missing_surplus_and_misshapen_tensors_are_named()
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config("llama");
        var declarations = DecoderDescription.Of(config).Declarations;

        string Error(IEnumerable<TensorDeclaration> tensors)
        {
            using var weights = new RandomWeightSource(1, tensors);
            return Assert.Throws<CheckpointException>(() => RandomExport.Export(config, weights, Path.Combine(directory.Path, "a"))).Message;
        }

        Assert.Contains("model.norm.weight", Error(declarations.Where(tensor => tensor.Name != "model.norm.weight")), StringComparison.Ordinal);
        Assert.Contains(
            "model.layers.0.self_attn.q_proj.bias",
            Error(declarations.Append(new("model.layers.0.self_attn.q_proj.bias", [64], WeightInitialisation.Zeros))),
            StringComparison.Ordinal);
        Assert.Contains(
            "[63]", Error(declarations.Select(tensor => tensor.Name == "model.norm.weight" ? tensor with { Shape = [63] } : tensor)), StringComparison.Ordinal);
    }

    [Fact]
    public void Infinite_weight_is_refused()
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config("llama");
        var declarations = DecoderDescription.Of(config).Declarations.Select(tensor => tensor.Name == "model.layers.1.mlp.down_proj.weight"
            ? tensor with { Initialisation = new WeightInitialisation.Constant(float.PositiveInfinity) }
            : tensor).ToList();
        foreach (var precision in (ExportPrecision[])[ExportPrecision.Float32, ExportPrecision.Int4])
        {
            using var weights = new RandomWeightSource(1, declarations);
            var error = Assert.Throws<CheckpointException>(() => RandomExport.Export(
                config, weights, Path.Combine(directory.Path, "a"), ExportTarget.Cpu, precision));
            Assert.Contains("model.layers.1.mlp.down_proj.weight", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.BFloat16)]
    public void Sixteen_bits_for_the_cpu_are_refused(ExportPrecision precision)
    {
        using var directory = new TemporaryDirectory();
        var error = Assert.Throws<CheckpointException>(() => RandomExport.Export(
            RandomExport.Config("llama"), Path.Combine(directory.Path, "a"), ExportTarget.Cpu, precision));
        Assert.Contains($"precision {precision.Name()}", error.Message, StringComparison.Ordinal);
        Assert.Contains("target cuda", error.Message, StringComparison.Ordinal);
    }

    // Only what has a kernel for both is one operator: other activations are nodes of their own between convolution and recurrence.
    [Theory]
    [InlineData("mamba2", ExportTarget.Cuda, "{}", "ConvStateSpaceDual")]
    [InlineData("falcon_h1", ExportTarget.Cuda, "{}", "ConvStateSpaceDual")]
    [InlineData("zamba2", ExportTarget.Cuda, "{}", "ConvStateSpaceDual")]
    [InlineData("mamba2", ExportTarget.Cuda, """{"hidden_act": "relu"}""", "CausalConv1d StateSpaceDual")]
    [InlineData("mamba2", ExportTarget.Cpu, "{}", "CausalConv1d StateSpaceDual")]
    public void Convolution_and_recurrence_of_mamba2_are_one_operator_on_cuda(string fixture, ExportTarget target, string changes, string operators)
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config(fixture, changes);
        var artifact = RandomExport.Export(config, Path.Combine(directory.Path, "a"), target);
        var own = ModelProto.Parser.ParseFrom(File.ReadAllBytes(artifact.ModelPath)).Graph.Node
            .Where(node => node.OpType.Contains("Conv", StringComparison.Ordinal) || node.OpType.Contains("Dual", StringComparison.Ordinal));
        Assert.Equal(operators, string.Join(' ', own.Select(node => node.OpType).Distinct()));
        var recurrence = operators.Split(' ')[^1];
        var states = artifact.Manifest.States.Where(state => state.Kind == StateKind.Recurrent).Select(state => state.Layer).ToList();
        Assert.NotEmpty(states);
        Assert.Equal(states, artifact.Manifest.Routes.Where(route => route.Operator == $"edgefleet.{recurrence}").Select(route => route.Layer));
    }

    [Theory]
    [InlineData("mamba2")]
    [InlineData("falcon_h1")]
    [InlineData("zamba2")]
    public void States_and_costs_do_not_depend_on_the_target(string fixture)
    {
        using var directory = new TemporaryDirectory();
        var config = RandomExport.Config(fixture);
        var cpu = RandomExport.Export(config, Path.Combine(directory.Path, "cpu"), ExportTarget.Cpu).Manifest;
        var cuda = RandomExport.Export(config, Path.Combine(directory.Path, "cuda"), ExportTarget.Cuda).Manifest;
        Assert.Equal(cpu.States.AsEnumerable(), cuda.States.AsEnumerable(), SameState);
        Assert.Equal(cpu.Cost with { Windows = [] }, cuda.Cost with { Windows = [] });
    }

    private static bool SameState(StateManifest left, StateManifest right) =>
        left.Shape.SequenceEqual(right.Shape) && left == (right with { Shape = left.Shape });

    private static IEnumerable<string> Files(Artifact artifact) => Directory.EnumerateFiles(artifact.Directory).Select(path => Path.GetFileName(path)!);

    private static (string Name, int Uses) Table(Artifact artifact)
    {
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(artifact.ModelPath)).Graph;
        var name = graph.Initializer.Single(tensor => tensor.Name is "model.embed_tokens.weight" or "model.embed_tokens.weight.q8").Name;
        return (name, graph.Node.Count(node => node.Input.Contains(name)));
    }

    private sealed class CancelOnReport(CancellationTokenSource cancellation) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => cancellation.Cancel();
    }
}
