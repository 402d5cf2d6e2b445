using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Weights;

public sealed class WeightLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SafetensorsWeightSource _source;
    private readonly WeightLedger _ledger;

    public WeightLedgerTests()
    {
        _source = SafetensorsWeightSource.Open(_directory.Write("model.safetensors", new SafetensorsBuilder()
            .AddFloats("a", [2, 2], [1, 2, 3, 4])
            .AddFloats("b.inv_freq", [1], [5])
            .Add("mask", "BOOL", [1], [1])
            .Build()));
        _ledger = new WeightLedger(_source);
    }

    public void Dispose()
    {
        _source.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Tensors_of_the_expected_shape_are_read()
    {
        Assert.Equal([1f, 2, 3, 4], _ledger.Read("a", 2, 2));
        var row = new float[2];
        _ledger.ReadRows("a", [2, 2], 1, row);
        Assert.Equal([3f, 4], row);
    }

    [Fact]
    public void A_missing_tensor_is_named_with_its_expected_shape_and_its_file()
    {
        var error = Assert.Throws<CheckpointException>(() => _ledger.Expect("c", 7, 9));
        Assert.Contains("model.safetensors, tensor 'c'", error.Where, StringComparison.Ordinal);
        Assert.Contains("[7, 9]", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_shape_is_named_beside_the_expected_one()
    {
        var error = Assert.Throws<CheckpointException>(() => _ledger.Expect("a", 4));
        Assert.Contains("has shape [2, 2], but the configuration implies [4]", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_no_weight_is_refused() =>
        Assert.Contains("Boolean", Assert.Throws<CheckpointException>(() => _ledger.Expect("mask", 1)).What, StringComparison.Ordinal);

    [Fact]
    public void Surplus_tensors_are_listed_unless_they_may_be_ignored()
    {
        _ledger.Expect("a", 2, 2);
        var error = Assert.Throws<CheckpointException>(() => _ledger.EnsureAllRead("*.inv_freq"));
        Assert.Contains("1 tensors", error.What, StringComparison.Ordinal);
        Assert.Contains("'mask' [1]", error.What, StringComparison.Ordinal);
        _ledger.EnsureAllRead("*.inv_freq", "ma?k");
    }

    [Fact]
    public void Asking_for_a_tensor_is_no_use_of_it()
    {
        Assert.True(_ledger.Contains("a"));
        Assert.Throws<CheckpointException>(() => _ledger.EnsureAllRead("*.inv_freq", "mask"));
    }
}
