using System.CommandLine;
using EdgeFleet.Cli.Commands;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class SweepSourceTests
{
    private static async Task<string> ReadAsync(string file, params string[] arguments)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, file);
        var source = new SweepSource();
        var command = new RootCommand();
        source.AddTo(command);
        var text = await source.ReadAsync(command.Parse(["--file", path, .. arguments]), CancellationToken.None);
        File.Delete(path);
        return text;
    }

    [Fact]
    public async Task A_file_without_options_is_sent_as_it_is() => Assert.Equal("models: [a]\ncontext: 1k\n", await ReadAsync("models: [a]\ncontext: 1k\n"));

    [Fact]
    public async Task Options_replace_keys_of_the_file_with_all_their_lines() => Assert.Equal(
        "name: n\ncontext: 1k\n\nmodels: 'b,it''s'\nreuse: {enabled: true}\n",
        await ReadAsync("name: n\nmodels:\n  - a\n  - b\ncontext: 1k\n", "--models", "b,it's", "--reuse"));

    [Fact]
    public async Task Options_cannot_be_added_to_json() => await Assert.ThrowsAsync<FormatException>(() => ReadAsync("{\"models\": [\"a\"]}", "-c", "1k"));
}
