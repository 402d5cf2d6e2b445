using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Measurement;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>
/// The key under which a result may stand for a run: everything that is known to change a result before it is measured. It fails closed: any change of the
/// agent, the inventory (driver, kernel, JetPack), a provider's packs or the definitions gives another key.
/// </summary>
internal static class ReuseKey
{
    /// <summary>The part that belongs to the device.</summary>
    public static string Environment(Hello hello)
    {
        var text = new StringBuilder("edgefleet-environment-1\n");
        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name.Length}:{name}={value.Length}:{value}\n");

        Line("device", hello.DeviceId);
        Line("agent", hello.AgentVersion);
        Line("definitions", MeasurementDefinitions.Version.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in hello.HardwareFingerprint.OrderBy(p => p.Key, StringComparer.Ordinal)) Line("hardware." + name, value);
        foreach (var (name, value) in hello.Inventory.OrderBy(p => p.Key, StringComparer.Ordinal)) Line("inventory." + name, value);
        foreach (var capability in hello.Capabilities.OrderBy(c => c.Provider)) Line("provider." + ScenarioMapping.Name(capability.Provider), string.Join(',', capability.RuntimePackIds));
        return Hash(text.ToString());
    }

    /// <summary>The key of one run.</summary>
    public static string Of(string environment, string scenarioHash, uint repeat) =>
        Hash(string.Create(CultureInfo.InvariantCulture, $"edgefleet-reuse-1\n{environment}\n{scenarioHash}\n{repeat}\n"));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
