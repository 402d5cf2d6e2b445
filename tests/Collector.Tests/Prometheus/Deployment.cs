using System.Text.Json;
using Xunit;

namespace EdgeFleet.Collector.Tests.Prometheus;

/// <summary>What deploy/desktop brings for Prometheus and Grafana.</summary>
internal static class Deployment
{
    /// <summary>Where it is.</summary>
    public static string Directory { get; } = Path.Combine(Root(), "deploy", "desktop");

    /// <summary>Directory of the rules.</summary>
    public static string Rules => Path.Combine(Directory, "prometheus", "rules");

    /// <summary>Names of the alerts.</summary>
    public static IEnumerable<string> Alerts() => File.ReadLines(Path.Combine(Rules, "alerts.yml"))
        .Where(line => line.Contains("- alert:", StringComparison.Ordinal)).Select(line => line.Split("alert:")[1].Trim());

    /// <summary>Every expression of the dashboards, with all their variables set to everything, and every recording rule.</summary>
    public static IEnumerable<(string Where, string Expression)> Expressions()
    {
        foreach (var path in System.IO.Directory.EnumerateFiles(Path.Combine(Directory, "grafana", "dashboards"), "*.json"))
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
            {
                foreach (var target in panel.GetProperty("targets").EnumerateArray())
                {
                    var expression = target.GetProperty("expr").GetString()!;
                    foreach (var variable in (string[])["device", "precision", "condition", "sweep"]) expression = expression.Replace($"\"${variable}\"", "\".*\"", StringComparison.Ordinal);
                    Assert.DoesNotContain("$", expression, StringComparison.Ordinal);
                    yield return ($"{Path.GetFileName(path)} / {panel.GetProperty("title").GetString()}", expression);
                }
            }
        }

        foreach (var line in File.ReadLines(Path.Combine(Rules, "recording.yml")).Where(l => l.Contains("- record:", StringComparison.Ordinal)))
        {
            yield return ("recording.yml", line.Split("record:")[1].Trim());
        }
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "EdgeFleet.sln"))) directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("EdgeFleet.sln is above the tests.");
        return directory;
    }
}
