using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Weights;

public sealed class SafetensorsWeightSourceTests
{
    public static TheoryData<string> FixtureNames => [.. Fixtures.Names];

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public void Every_value_of_a_real_checkpoint_equals_a_scalar_conversion_of_its_bytes(string fixture)
    {
        var path = Path.Combine(Fixtures.Checkpoint(fixture), "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerBytes));
        using var source = SafetensorsWeightSource.Open(path);

        var tensors = header.RootElement.EnumerateObject().Where(tensor => tensor.Name != "__metadata__").ToList();
        Assert.Equal(tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), source.Names.Order(StringComparer.Ordinal));
        foreach (var tensor in tensors)
        {
            var shape = tensor.Value.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64()).ToArray();
            var begin = 8 + headerBytes + tensor.Value.GetProperty("data_offsets")[0].GetInt32();
            var expected = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
            for (var i = 0; i < expected.Length; i++)
            {
                expected[i] = tensor.Value.GetProperty("dtype").GetString() switch
                {
                    "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(begin + (4 * i))),
                    "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(begin + (2 * i))),
                    _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(begin + (2 * i))) << 16),
                };
            }

            var actual = new float[expected.Length];
            source.Read(tensor.Name, actual);
            Assert.Equal(shape, source.Describe(tensor.Name).Shape);
            Assert.True(expected.AsSpan().SequenceEqual(actual), tensor.Name);
        }
    }

    [Fact]
    public void Rows_are_the_slices_of_the_whole()
    {
        using var source = SafetensorsWeightSource.Open(Path.Combine(Fixtures.Checkpoint("mamba"), "model.safetensors"));
        const string Name = "backbone.layers.1.mixer.conv1d.weight";
        var whole = new float[source.Describe(Name).Elements];
        source.Read(Name, whole);
        var rows = new float[5 * 4];
        source.ReadRows(Name, 7, rows);
        Assert.Equal(whole.AsSpan(7 * 4, rows.Length).ToArray(), rows);
    }

    [Theory]
    [InlineData(-1, 4)]
    [InlineData(0, 5)]
    [InlineData(127, 8)]
    [InlineData(129, 0)]
    public void Rows_that_do_not_exist_are_refused(long firstRow, int elements)
    {
        using var source = SafetensorsWeightSource.Open(Path.Combine(Fixtures.Checkpoint("mamba"), "model.safetensors"));
        Assert.Throws<ArgumentException>(() => source.ReadRows("backbone.layers.1.mixer.conv1d.weight", firstRow, new float[elements]));
    }

    [Fact]
    public void Values_of_every_bit_pattern_survive_conversion()
    {
        using var directory = new TemporaryDirectory();
        var patterns = Enumerable.Range(0, 65536).Select(value => (ushort)value).ToArray();
        var path = directory.Write("all.safetensors", new SafetensorsBuilder()
            .Add("odd", "U8", [1], [1])
            .Add("bf16", "BF16", [65536], SafetensorsBuilder.Bytes<ushort>(patterns))
            .Add("f16", "F16", [65536], SafetensorsBuilder.Bytes<ushort>(patterns))
            .Build());
        using var source = SafetensorsWeightSource.Open(path);
        var actual = new float[65536];
        source.Read("bf16", actual);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(actual[i]));
        }

        source.Read("f16", actual);
        for (var i = 0; i < actual.Length; i++)
        {
            var expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            Assert.True(expected.Equals(actual[i]), $"{i}: {expected} {actual[i]}");
        }
    }

    [Fact]
    public void Shards_read_as_one()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("model-00001-of-00002.safetensors", new SafetensorsBuilder().AddFloats("a", [2], [1, 2]).Build());
        directory.Write("model-00002-of-00002.safetensors", new SafetensorsBuilder().AddFloats("b", [1, 2], [3, 4]).Build());
        var index = directory.Write(
            "model.safetensors.index.json",
            """{"metadata":{"total_size":16},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");
        using var source = SafetensorsWeightSource.OpenSharded(index);
        var values = new float[2];
        source.Read("b", values);
        Assert.Equal([3f, 4f], values);
        Assert.Equal(["a", "b"], source.Names.Order(StringComparer.Ordinal));
        var provenance = source.Provenance(new FileHasher(new SessionHashMemory()), TestContext.Current.CancellationToken);
        Assert.Equal(3, provenance.Hashes.Count);
    }

    [Fact]
    public void Shards_may_be_symbolic_links()
    {
        using var directory = new TemporaryDirectory();
        var blob = directory.Write("blob", new SafetensorsBuilder().AddFloats("a", [2], [1, 2]).Build());
        Directory.CreateDirectory(Path.Combine(directory.Path, "snapshot"));
        var link = Path.Combine(directory.Path, "snapshot", "model.safetensors");
        File.CreateSymbolicLink(link, blob);
        using var source = SafetensorsWeightSource.Open(link);
        Assert.True(source.Contains("a"));
    }

    [Theory]
    [InlineData("../outside.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData("model.bin")]
    [InlineData("")]
    public void An_index_names_plain_files_only(string file)
    {
        using var directory = new TemporaryDirectory();
        var index = directory.Write("model.safetensors.index.json", "{\"weight_map\":{\"a\":\"" + file + "\"}}");
        var error = Assert.Throws<CheckpointException>(() => SafetensorsWeightSource.OpenSharded(index));
        Assert.Contains("expected the name of a .safetensors file in the same directory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        using var directory = new TemporaryDirectory();
        var index = directory.Write("model.safetensors.index.json", """{"weight_map":{"a":"model-00001-of-00001.safetensors"}}""");
        var error = Assert.Throws<CheckpointException>(() => SafetensorsWeightSource.OpenSharded(index));
        Assert.Contains("model-00001-of-00001.safetensors", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"s.safetensors","b":"s.safetensors"}}""", "'b'")]
    [InlineData("""{"weight_map":{"other":"s.safetensors"}}""", "'other'")]
    public void An_index_that_disagrees_with_its_shards_is_refused(string index, string tensor)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("s.safetensors", new SafetensorsBuilder().AddFloats("a", [1], [1]).Build());
        var error = Assert.Throws<CheckpointException>(
            () => SafetensorsWeightSource.OpenSharded(directory.Write("model.safetensors.index.json", index)));
        Assert.Contains(tensor, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_surplus_tensor_in_a_shard_is_refused()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("s.safetensors", new SafetensorsBuilder().AddFloats("a", [1], [1]).AddFloats("z", [1], [1]).Build());
        var index = directory.Write("model.safetensors.index.json", """{"weight_map":{"a":"s.safetensors"}}""");
        var error = Assert.Throws<CheckpointException>(() => SafetensorsWeightSource.OpenSharded(index));
        Assert.Contains("'z'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_shrinks_while_open_is_an_error_and_not_a_crash()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("model.safetensors", new SafetensorsBuilder().AddFloats("a", [40_000], new float[40_000]).Build());
        using var source = SafetensorsWeightSource.Open(path);
        // Another process: .NET would respect its own lock.
        using (var truncate = Process.Start("truncate", ["-s", "4096", path]))
        {
            truncate.WaitForExit();
        }

        var error = Assert.Throws<CheckpointException>(() => source.Read("a", new float[40_000]));
        Assert.Contains("became shorter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_of_integers_is_described_but_not_read_as_weights()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("model.safetensors", new SafetensorsBuilder().Add("ids", "I64", [2], SafetensorsBuilder.Bytes<long>([5, -7])).Build());
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(TensorElementType.Int64, file.Describe("ids").Type);
        Assert.Throws<CheckpointException>(() => file.Read("ids", 0, new float[2]));
        var ids = new long[2];
        file.Read("ids", 0, ids);
        Assert.Equal([5L, -7L], ids);
    }
}
