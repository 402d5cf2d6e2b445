namespace EdgeFleet.Cli.Up;

/// <summary>Where the programs that <c>up</c> starts are.</summary>
internal static class ProgramFinder
{
    /// <summary>
    /// Finds a program: where its variable says (<c>EDGEFLEET_AGENT_PROGRAM</c>, <c>EDGEFLEET_COLLECTOR_PROGRAM</c>, which <c>./edgefleet</c> of a checkout sets),
    /// beside this program's directory as the install scripts lay them out, or on the path.
    /// </summary>
    /// <param name="name">E.g. <c>edgefleet-agent</c>.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string name)
    {
        var kind = name["edgefleet-".Length..];
        var variable = $"EDGEFLEET_{kind.ToUpperInvariant()}_PROGRAM";
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
        {
            return File.Exists(given) ? given : throw new FileNotFoundException($"{variable} names {given}, which is not there.");
        }

        string[] places =
        [
            Path.Combine(AppContext.BaseDirectory, "..", kind, name),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(d => Path.Combine(d, name)),
        ];
        return places.FirstOrDefault(File.Exists) is { } found
            ? Path.GetFullPath(found)
            : throw new FileNotFoundException($"{name} was not found. Set {variable} to it, put it on the path, or start 'edgefleet up' from a checkout as './edgefleet up'.");
    }
}
