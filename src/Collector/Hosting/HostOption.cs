using System.CommandLine;

namespace EdgeFleet.Collector.Hosting;

/// <summary><c>--host</c>: what others call this machine.</summary>
internal static class HostOption
{
    /// <summary>Makes the option.</summary>
    public static Option<string?> Create()
    {
        var host = new Option<string?>("--host") { Description = "Name or address under which other devices reach this machine; default its host name." };
        host.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && Uri.CheckHostName(name) == UriHostNameType.Unknown) result.AddError($"--host: '{name}' is neither a host name nor an address.");
        });
        return host;
    }
}
