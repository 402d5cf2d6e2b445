using System.Text;
using EdgeFleet.Models.Architectures;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using Xunit;

namespace EdgeFleet.Models.Tests.Catalogue;

public sealed class ModelCatalogueTests
{
    private const string Valid =
        """{"name":"a-1b","family":"ssm","description":"d","source":"o/a","licence":"mit","parameters":5,"config":{"model_type":"mamba"}}""";

    public static TheoryData<string> Names => [.. ModelCatalogue.BuiltIn.Entries.Select(entry => entry.Name)];

    [Theory]
    [InlineData("qwen2.5-0.5b")]
    [InlineData("qwen2.5-1.5b")]
    [InlineData("llama-3.2-1b")]
    [InlineData("tinyllama-1.1b")]
    [InlineData("phi-3-mini-4k")]
    [InlineData("gpt-neo-125m")]
    [InlineData("mamba-130m")]
    [InlineData("mamba-2.8b")]
    [InlineData("mamba2-130m")]
    [InlineData("mamba2-2.7b")]
    [InlineData("falcon-mamba-7b")]
    [InlineData("zamba2-1.2b")]
    [InlineData("falcon-h1-0.5b")]
    [InlineData("falcon-h1-1.5b")]
    public void The_models_of_the_study_are_there(string name) => Assert.NotNull(ModelCatalogue.BuiltIn.Find(name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_entry_is_in_a_file_of_its_name_and_names_its_architecture(string name)
    {
        var entry = ModelCatalogue.BuiltIn.Find(name)!;
        Assert.Equal($"models/{name}.json", entry.Config.Location);
        Assert.Contains(
            entry.Config["model_type"].Text(),
            (string[])["llama", "qwen2", "qwen3", "phi3", "gpt_neo", "mamba", "falcon_mamba", "mamba2", "zamba2", "falcon_h1"]);
        Assert.NotNull(RepositoryName.TryParse(entry.Source));
        Assert.NotEmpty(entry.Description);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Shapes_add_up_to_the_published_number_of_parameters(string name)
    {
        var entry = ModelCatalogue.BuiltIn.Find(name)!;
        var decoder = DecoderDescription.Of(entry.Config);
        Assert.Equal(entry.Family, decoder.Family);
        Assert.InRange((double)decoder.Parameters / entry.Parameters, 0.99, 1.01);
    }

    [Fact]
    public void Names_are_found_whatever_their_case() => Assert.Equal("mamba-130m", ModelCatalogue.BuiltIn.Find("Mamba-130M")!.Name);

    [Theory]
    [InlineData("mamba130m", "mamba-130m")]
    [InlineData("qwen-2.5-0.5b", "qwen2.5-0.5b")]
    [InlineData("llama3.2-1b", "llama-3.2-1b")]
    public void Close_names_are_suggested(string wanted, string expected) =>
        Assert.Equal(expected, ModelCatalogue.BuiltIn.Suggest(wanted)[0]);

    [Fact]
    public void Nothing_is_suggested_for_a_name_like_no_other() => Assert.Empty(ModelCatalogue.BuiltIn.Suggest("xyzzy"));

    [Fact]
    public void A_valid_entry_parses() => Assert.Equal(5, Parse(Valid).Parameters);

    [Theory]
    [InlineData("\"a-1b\"", "\"A 1b\"", "'name'")]
    [InlineData("\"a-1b\"", "\"../a\"", "'name'")]
    [InlineData("\"ssm\"", "\"rnn\"", "'family'")]
    [InlineData("5", "0", "'parameters'")]
    [InlineData("5", "\"5\"", "'parameters'")]
    [InlineData("\"licence\":", "\"license\":", "'license'")]
    [InlineData("{\"model_type\":\"mamba\"}", "[]", "'config'")]
    public void A_wrong_entry_is_refused_by_key(string what, string by, string key)
    {
        var error = Assert.Throws<CheckpointException>(() => Parse(Valid.Replace(what, by, StringComparison.Ordinal)));
        Assert.Contains($"a.json, key {key}", error.Message, StringComparison.Ordinal);
    }

    private static CatalogueEntry Parse(string json) => CatalogueEntry.Parse(Encoding.UTF8.GetBytes(json), "a.json");
}
