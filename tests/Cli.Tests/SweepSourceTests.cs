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
        "name: n\n\n\n\ncontext: 1k\n\nmodels: 'b,it''s'\nreuse: {enabled: true}\n",
        await ReadAsync("name: n\nmodels:\n  - a\n  - b\ncontext: 1k\n", "--models", "b,it's", "--reuse"));

    [Theory]
    [InlineData("models:\n# the small ones\n- a\n\n- b\ncontext: 1k\n", "--models", "c", "\n\n\n\n\ncontext: 1k\n\nmodels: 'c'\n")]
    [InlineData("\"models\" : [a]\ncontext: 1k\n", "--models", "c", "\ncontext: 1k\n\nmodels: 'c'\n")]
    [InlineData("reuse:\n  max_age: 1d\ncontext: 1k\n", "--reuse", null, "\n\ncontext: 1k\n\nreuse: {enabled: true}\n")]
    [InlineData("models_of_mine: [a]\n", "--models", "c", "models_of_mine: [a]\n\nmodels: 'c'\n")]
    public async Task An_option_replaces_its_key_however_the_file_writes_it(string file, string option, string? value, string expected) =>
        Assert.Equal(expected, await ReadAsync(file, value is null ? [option] : [option, value]));

    [Fact]
    public async Task Without_a_file_and_options_nothing_is_sent()
    {
        var source = new SweepSource();
        var command = new RootCommand();
        source.AddTo(command);
        var error = await Assert.ThrowsAsync<FormatException>(() => source.ReadAsync(command.Parse([]), CancellationToken.None));
        Assert.Contains("--models and --context", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_cannot_be_added_to_json() => await Assert.ThrowsAsync<FormatException>(() => ReadAsync("{\"models\": [\"a\"]}", "-c", "1k"));
}
