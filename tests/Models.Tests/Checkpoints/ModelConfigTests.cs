using System.Text;
using CsCheck;
using EdgeFleet.Models.Checkpoints;
using Xunit;

namespace EdgeFleet.Models.Tests.Checkpoints;

public sealed class ModelConfigTests
{
    [Theory]
    [InlineData("5", 5)]
    [InlineData("5.0", 5)]
    [InlineData("1e2", 100)]
    [InlineData("-3", -3)]
    public void Whole_numbers_are_read_however_they_are_written(string json, int expected) =>
        Assert.Equal(expected, Value(json).Int(-1_000, 1_000));

    [Theory]
    [InlineData("1001")]
    [InlineData("-1001")]
    [InlineData("2.5")]
    [InlineData("1e400")]
    [InlineData("\"5\"")]
    [InlineData("true")]
    [InlineData("[5]")]
    [InlineData("Infinity")]
    public void Anything_else_is_no_whole_number(string json)
    {
        var error = Assert.Throws<CheckpointException>(() => Value(json).Int(-1_000, 1_000));
        Assert.Equal("config.json, key 'k'", error.Where);
        Assert.Contains("expected a whole number from -1000 to 1000", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Absent_and_null_are_the_same()
    {
        foreach (var config in (ReadOnlySpan<ModelConfig>)[Parse("{}"), Parse("""{"k":null}""")])
        {
            Assert.False(config.Has("k"));
            Assert.Equal(7, config["k"].Int(0, 9, 7));
            Assert.Null(config["k"].IntOrNull(0, 9));
            Assert.Equal(0.5, config["k"].Float(0, 1, 0.5));
            Assert.True(config["k"].Bool(true));
            Assert.Equal("x", config["k"].Text("x"));
            Assert.Null(config["k"].SectionOrNull());
            Assert.Throws<CheckpointException>(() => config["k"].Int(0, 9));
            Assert.Throws<CheckpointException>(() => config["k"].Bool());
            Assert.Throws<CheckpointException>(() => config["k"].Text());
            Assert.Throws<CheckpointException>(() => config["k"].Section());
        }
    }

    [Theory]
    [InlineData("[0.0, Infinity]")]
    [InlineData("""[0.0, {"__float__": "Infinity"}]""")]
    [InlineData("[0.0,Infinity]")]
    public void Infinity_is_read_in_both_spellings(string json)
    {
        var limits = Value(json).Array(2, 2);
        Assert.Equal(0, limits[0].Float(0, double.PositiveInfinity));
        Assert.Equal(double.PositiveInfinity, limits[1].Float(0, double.PositiveInfinity));
        Assert.Throws<CheckpointException>(() => limits[1].Float(0, 1e300));
        Assert.Equal("k[1]", limits[1].Key);
    }

    [Theory]
    [InlineData("-Infinity")]
    [InlineData("""{"__float__":"-Infinity"}""")]
    public void Negative_infinity_is_read_in_both_spellings(string json) =>
        Assert.Equal(double.NegativeInfinity, Value(json).Float(double.NegativeInfinity, 0));

    [Theory]
    [InlineData("NaN")]
    [InlineData("""{"__float__":"NaN"}""")]
    [InlineData("""{"__float__":"Infinite"}""")]
    [InlineData("""{"__float__":1}""")]
    [InlineData("\"1\"")]
    public void What_is_no_number_is_refused(string json) =>
        Assert.Throws<CheckpointException>(() => Value(json).Float(double.NegativeInfinity, double.PositiveInfinity));

    [Fact]
    public void Text_that_looks_like_Infinity_stays_text() => Gen.String[Gen.Char["aIN-finity\\\" :,{}[]"], 0, 30].Sample(text =>
    {
        var json = JsonEncode(text);
        Assert.Equal(text, Parse($$"""{"k": {{json}}, "Infinity": [Infinity, {{json}}, NaN]}""")["k"].Text());
    });

    [Fact]
    public void A_choice_names_what_it_knows()
    {
        Assert.Equal(2, Value("\"b\"").Choice(("a", 1), ("b", 2)));
        var error = Assert.Throws<CheckpointException>(() => Value("\"c\"").Choice(("a", 1), ("b", 2)));
        Assert.Contains("is \"c\"; expected one of 'a', 'b'", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_in_sections_have_the_whole_path()
    {
        var error = Assert.Throws<CheckpointException>(
            () => Parse("""{"rope_scaling":{"factor":-1}}""")["rope_scaling"].Section()["factor"].Float(0, 100));
        Assert.Equal("config.json, key 'rope_scaling.factor'", error.Where);
        Assert.Contains("is -1; expected a number from 0 to 100", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_values_are_shortened_in_errors()
    {
        var error = Assert.Throws<CheckpointException>(() => Value($"\"{new string('x', 10_000)}\"").Int(0, 1));
        Assert.InRange(error.Message.Length, 100, 400);
    }

    [Theory]
    [InlineData("[1,2,3]", 0, 2)]
    [InlineData("[1,2,3]", 4, 9)]
    [InlineData("{}", 0, 9)]
    public void Arrays_of_other_sizes_are_refused(string json, int minimum, int maximum) =>
        Assert.Throws<CheckpointException>(() => Value(json).Array(minimum, maximum));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":Infinit}")]
    [InlineData("{\"a\":1} x")]
    public void Text_that_is_no_JSON_object_is_refused(string json) => Assert.Throws<CheckpointException>(() => Parse(json));

    [Fact]
    public void A_byte_order_mark_is_ignored() => Assert.Equal(1, Parse("\uFEFF{\"k\":1}")["k"].Int(0, 1));

    [Fact]
    public void Deep_nesting_and_large_files_are_refused_unread()
    {
        Assert.Throws<CheckpointException>(() => Parse(string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100)));
        using var directory = new TemporaryDirectory();
        var error = Assert.Throws<CheckpointException>(
            () => ModelConfig.Load(directory.Write("config.json", new string(' ', ModelConfig.MaximumBytes + 1))));
        Assert.Contains("at most", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/")]
    [InlineData("/nowhere/config.json")]
    public void What_is_no_file_is_refused(string path) => Assert.Throws<CheckpointException>(() => ModelConfig.Load(path));

    private static ConfigValue Value(string json) => Parse($$"""{"k": {{json}}}""")["k"];

    private static ModelConfig Parse(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");

    private static string JsonEncode(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
