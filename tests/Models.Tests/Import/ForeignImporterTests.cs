using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Import;
using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Format;
using Google.Protobuf;
using Xunit;

namespace EdgeFleet.Models.Tests.Import;

public sealed class ForeignImporterTests
{
    private const string GenAiConfig =
        """
        {"model": {"type": "qwen2", "bos_token_id": 1, "eos_token_id": [2, 3], "context_length": 128, "vocab_size": 40,
          "decoder": {"filename": "model.onnx", "hidden_size": 32, "num_attention_heads": 4, "head_size": 8, "num_key_value_heads": 2,
            "session_options": {"provider_options": [{"cuda": {}}]},
            "inputs": {"input_ids": "input_ids", "attention_mask": "attention_mask",
              "past_key_names": "past_key_values.%d.key", "past_value_names": "past_key_values.%d.value"},
            "outputs": {"logits": "logits", "present_key_names": "present.%d.key", "present_value_names": "present.%d.value"}}},
         "search": {"past_present_share_buffer": true, "max_length": 128}}
        """;

    [Fact]
    public void Folder_of_onnxruntime_genai_is_read()
    {
        using var directory = new TemporaryDirectory();
        new ForeignModel().Write(directory, ("genai_config.json", GenAiConfig));
        var manifest = Import(directory).Manifest;
        Assert.Equal(
            ("foreign", "foreign", "cuda", ModelFamily.Transformer),
            (manifest.Architecture, manifest.Weights.Source, manifest.Target, manifest.Family));
        Assert.Equal(new PrecisionManifest("int4", "int4", "float32", "float32"), manifest.Precision);
        Assert.Equal((128, 128), (manifest.TrainedContext, manifest.PositionLimit));
        Assert.Equal([2, 3], manifest.Tokens.End);
        Assert.Equal(
            [(InputRole.TokenIds, "int64"), (InputRole.AttentionMask, "int64")], manifest.Inputs.Select(input => (input.Role, input.Type)));
        Assert.All(manifest.States, state => Assert.Equal(StateUpdate.InPlace, state.Update));
        Assert.Equal(
            [StateManifest.Batch, ForeignModel.KvHeads, StateManifest.Capacity, ForeignModel.HeadSize], manifest.States[0].Shape);
        Assert.Equal([new RouteManifest(0, "com.microsoft.GroupQueryAttention", "contrib")], manifest.Routes);
    }

    [Fact]
    public void Folder_of_optimum_appends_to_its_cache()
    {
        using var directory = new TemporaryDirectory();
        new ForeignModel().Write(directory, ("config.json", """{"hidden_size": 32, "max_position_embeddings": 64, "eos_token_id": 2}"""));
        var manifest = Import(directory).Manifest;
        Assert.All(manifest.States, state => Assert.Equal(StateUpdate.Append, state.Update));
        Assert.Equal((64, null), (manifest.TrainedContext, manifest.PositionLimit));
    }

    [Fact]
    public void Costs_follow_from_the_shapes()
    {
        using var directory = new TemporaryDirectory();
        new ForeignModel().Write(directory);
        var manifest = Import(directory).Manifest;
        const int Packed = 64 * ForeignModel.Hidden;
        const int Table = ForeignModel.Vocabulary * ForeignModel.Hidden;
        Assert.Equal(ForeignModel.Hidden, manifest.Hidden);
        Assert.Equal((2 * Table) + Packed, manifest.Parameters);
        Assert.Equal(2 * Packed, manifest.Cost.FlopPerToken);
        Assert.Equal(2 * Table, manifest.Cost.HeadFlop);
        Assert.Equal(4 * ForeignModel.Heads * ForeignModel.HeadSize, manifest.Cost.AttentionFlopPerPair);
        Assert.Equal((4 * ForeignModel.Hidden) + (Packed / 2) + (4 * 64) + (4 * Table), manifest.Cost.WeightBytesPerStep);
    }

    [Fact]
    public void States_of_mobius_are_mapped()
    {
        using var directory = new TemporaryDirectory();
        var model = new ForeignModel();
        model.AddState("past_states.1.conv_state", "present.1.conv_state", OnnxElementType.Float32, "batch", 24, 3);
        model.AddState("past_states.1.ssm_state", "present.1.ssm_state", OnnxElementType.Float32, "batch", 24, 16);
        model.Write(directory);
        var manifest = Import(directory).Manifest;
        Assert.Equal((2, ModelFamily.Hybrid), (manifest.Layers, manifest.Family));
        Assert.Equal([StateKind.Kv, StateKind.Kv, StateKind.Convolution, StateKind.Recurrent], manifest.States.Select(state => state.Kind));
        Assert.Equal([StateUpdate.InPlace, StateUpdate.InPlace], manifest.States.Skip(2).Select(state => state.Update));
    }

    [Fact]
    public void Weights_beside_the_model_are_files_of_the_artifact()
    {
        using var directory = new TemporaryDirectory();
        var model = new ForeignModel();
        MoveOut(model, "head.weight", "weights.data");
        model.Write(directory, ("weights.data", "x"));
        Assert.Equal(["model.onnx", "weights.data"], Import(directory).Manifest.Files.Select(file => file.Path));
    }

    [Fact]
    public void Weights_elsewhere_are_refused()
    {
        using var directory = new TemporaryDirectory();
        var model = new ForeignModel();
        MoveOut(model, "head.weight", "../weights.data");
        model.Write(directory);
        Assert.Contains("../weights.data", Error(directory), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_run_is_refused_with_the_reason()
    {
        Refuses("'use_cache_branch'", model => model.Graph.Input.Add(new ValueInfoProto(model.Input("input_ids")) { Name = "use_cache_branch" }));
        Refuses("int8", model => model.Input("past_key_values.0.key").Type.TensorType.ElemType = (int)OnnxElementType.Int8);
        Refuses("without a cache", model =>
        {
            model.Graph.Input.Remove(model.Input("past_key_values.0.key"));
            model.Graph.Input.Remove(model.Input("past_key_values.0.value"));
        });
        Refuses("'present.0.key'", model => model.Graph.Output.Remove(model.Graph.Output.Single(output => output.Name == "present.0.key")));
        Refuses("is an If", model => model.Graph.Node.Add(new NodeProto { OpType = "If", Name = "branch" }));
        Refuses("'ai.other'", model => model.Graph.Node.Add(new NodeProto { OpType = "Magic", Domain = "ai.other", Name = "magic" }));
        Refuses("single tokens", model => model.Input("input_ids").Type.TensorType.Shape.Dim[1].DimValue = 1);
        Refuses("fixed capacity", model => model.Input("past_key_values.0.key").Type.TensorType.Shape.Dim[2].DimValue = 64);
        Refuses("'logits'", model => model.Graph.Output.Single(output => output.Name == "logits").Name = "scores");
    }

    [Fact]
    public void Truncated_or_random_bytes_are_refused_without_a_crash()
    {
        using var directory = new TemporaryDirectory();
        var bytes = new ForeignModel().Model.ToByteArray();
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var broken = (byte[])bytes.Clone();
            if (i % 2 == 0)
                broken = broken[..random.Next(broken.Length)];
            else
                broken[random.Next(Math.Min(broken.Length, 1500))] ^= (byte)(1 << random.Next(8));
            directory.Write("model.onnx", broken);
            try
            {
                Import(directory);
            }
            catch (Exception e) when (e is InvalidDataException or CheckpointException)
            {
                Assert.Contains("model.onnx", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static void Refuses(string reason, Action<ForeignModel> change)
    {
        using var directory = new TemporaryDirectory();
        var model = new ForeignModel();
        change(model);
        model.Write(directory);
        Assert.Contains(reason, Error(directory), StringComparison.Ordinal);
    }

    private static void MoveOut(ForeignModel model, string name, string location)
    {
        var tensor = model.Graph.Initializer.Single(initializer => initializer.Name == name);
        tensor.RawData = ByteString.Empty;
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
    }

    private static string Error(TemporaryDirectory directory) => Assert.Throws<CheckpointException>(() => Import(directory)).Message;

    private static Artifact Import(TemporaryDirectory directory) =>
        ForeignImporter.Import(directory.Path, target: null, new FileHasher(new SessionHashMemory()), TestContext.Current.CancellationToken);
}
