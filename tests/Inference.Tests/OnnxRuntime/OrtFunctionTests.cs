using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using EdgeFleet.Inference.OnnxRuntime;
using Xunit;

namespace EdgeFleet.Inference.Tests.OnnxRuntime;

public sealed partial class OrtFunctionTests
{
    [Fact]
    public void Every_index_is_the_functions_place_in_the_header()
    {
        var header = Functions(File.ReadAllText(HeaderPath()));
        var constants = typeof(OrtFunction).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(static field => field.Name, static field => (int)field.GetRawConstantValue()!);

        Assert.NotEmpty(constants);
        foreach (var (name, index) in constants)
        {
            Assert.Equal(name, header[index].Name);
        }
    }

    [Fact]
    public void Functions_that_are_called_unguarded_exist_since_the_oldest_supported_version()
    {
        var guarded = new Dictionary<string, int>
        {
            [nameof(OrtFunction.RunOptionsEnableProfiling)] = 25,
        };
        var header = Functions(File.ReadAllText(HeaderPath()));
        foreach (var field in typeof(OrtFunction).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var since = header[(int)field.GetRawConstantValue()!].Since;
            Assert.Equal(guarded.GetValueOrDefault(field.Name, since), since);
            Assert.True(guarded.ContainsKey(field.Name) || since <= OrtApi.MinimumVersion, $"{field.Name} is since 1.{since}");
        }
    }

    private static string HeaderPath() => typeof(OrtFunctionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static attribute => attribute.Key == "OnnxRuntimeHeader").Value!;

    // One entry a member of struct OrtApi, in order; "since" of the documentation before it, or of the closest one above.
    private static List<(string Name, int Since)> Functions(string header)
    {
        var start = header.IndexOf("struct OrtApi {", StringComparison.Ordinal);
        var body = header[start..header.IndexOf("\n};", start, StringComparison.Ordinal)];
        var functions = new List<(string, int)>();
        var since = 0;
        foreach (Match match in Member().Matches(body))
        {
            if (match.Groups["since"].Success)
            {
                since = int.Parse(match.Groups["since"].Value, CultureInfo.InvariantCulture);
            }
            else if (match.Groups["released"].Success)
            {
                functions.Add(($"Release{match.Groups["released"].Value}", since));
            }
            else if (match.Groups["name"].Success)
            {
                functions.Add((match.Groups["name"].Value, since));
            }
        }

        return functions;
    }

    // Comments are matched first so that what they quote is not taken for a member.
    [GeneratedRegex(
        @"\\since\s+(?:Version\s+)?1\.(?<since>\d+)|//[^\n]*|ORT_API2_STATUS\(\s*(?<name>\w+)|ORT_API_T\([^,]+,\s*(?<name>\w+)"
        + @"|ORT_CLASS_RELEASE\(\s*(?<released>\w+)|\(\s*ORT_API_CALL\s*\*\s*(?<name>\w+)\s*\)")]
    private static partial Regex Member();
}
