using EdgeFleet.Agent.Worker;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

public sealed class RunFailureTests
{
    [Theory]
    [InlineData("std::bad_alloc")]
    [InlineData("BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 1073741824")]
    [InlineData("CUDA failure 2: out of memory")]
    public void A_failed_allocation_is_told_from_other_errors(string message)
    {
        var end = RunFailure.From(new InvalidOperationException(message));
        Assert.Equal((Outcome.OutOfMemory, "out_of_memory", message), (end.Outcome, end.Reason, end.Message));
    }

    [Fact]
    public void An_error_keeps_its_kind_and_message()
    {
        Assert.Equal("artifact_invalid", RunFailure.From(new InvalidDataException("x")).Reason);
        Assert.Equal("provider_unavailable", RunFailure.From(new DllNotFoundException("x")).Reason);
        Assert.Equal(("internal_error", "x"), (RunFailure.From(new InvalidOperationException("x")).Reason, RunFailure.From(new InvalidOperationException("x")).Message));
    }
}
