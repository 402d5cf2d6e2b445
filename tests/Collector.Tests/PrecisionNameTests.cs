using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class PrecisionNameTests
{
    [Fact]
    public void Every_precision_of_the_contract_has_a_name_that_leads_back_to_it()
    {
        foreach (var precision in Enum.GetValues<Precision>().Except([Precision.Unspecified]))
            Assert.Equal(precision, ScenarioMapping.Precision(ScenarioMapping.Name(precision)));
    }
}
