using System.Security.Cryptography;
using System.Text;

namespace EdgeFleet.Agent.Machine;

/// <summary>The id of a device that has not been enrolled: a hash, so that the machine's own id does not leave it (machine-id(5)).</summary>
internal static class DeviceIdentity
{
    public static string Local()
    {
        const string path = "/etc/machine-id";
        var id = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        if (id.Length == 0) id = Environment.MachineName;
        return "local-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("edgefleet:" + id)))[..16];
    }
}
