using Xunit;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>One collector for all tests that leave it alone; each test has agents of its own, named in its sweeps' selectors.</summary>
public sealed class SharedFleet : IAsyncLifetime
{
    private TestFleet? fleet;

    internal TestFleet Fleet => fleet ?? throw new InvalidOperationException("The fleet is not started.");

    public async ValueTask InitializeAsync() => fleet = await TestFleet.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (fleet is not null) await fleet.DisposeAsync();
    }
}

/// <summary>Tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class SharedFleetTests : ICollectionFixture<SharedFleet>
{
    public const string Name = "shared fleet";
}
