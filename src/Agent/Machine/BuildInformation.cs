using System.Reflection;
using System.Runtime.InteropServices;

namespace EdgeFleet.Agent.Machine;

/// <summary>What this program was built from.</summary>
/// <param name="Version">Version of the product.</param>
/// <param name="Commit">Commit, or <c>unknown</c> outside a repository.</param>
/// <param name="Runtime">Runtime identifier, e.g. <c>linux-x64</c>.</param>
internal sealed record BuildInformation(string Version, string Commit, string Runtime)
{
    public static BuildInformation Read()
    {
        var text = typeof(BuildInformation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        var parts = text.Split('+', 2);
        return new BuildInformation(parts[0], parts.Length == 2 ? parts[1] : "unknown", RuntimeInformation.RuntimeIdentifier);
    }
}
