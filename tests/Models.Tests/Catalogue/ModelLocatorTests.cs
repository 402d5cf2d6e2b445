using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using Xunit;

namespace EdgeFleet.Models.Tests.Catalogue;

public sealed class ModelLocatorTests : IDisposable
{
    private const string Commit = "6b05bf29d1bb4ca71a36d12f7da4d3120dcde7fe";

    private readonly TemporaryDirectory _directory = new();
    private readonly ModelLocator _locator;

    public ModelLocatorTests() => _locator = new ModelLocator(ModelCatalogue.BuiltIn, new HuggingFaceCache(In("hub")));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_catalogue_name_is_its_entry() =>
        Assert.Equal("mamba-130m", Assert.IsType<ModelLocation.FromCatalogue>(_locator.Locate("mamba-130m")).Entry.Name);

    [Theory]
    [InlineData(new[] { "config.json", "model.safetensors" }, typeof(ModelLocation.Checkpoint))]
    [InlineData(new[] { "config.json", "model.safetensors.index.json" }, typeof(ModelLocation.Checkpoint))]
    [InlineData(new[] { "config.json" }, typeof(ModelLocation.Checkpoint))]
    [InlineData(new[] { "manifest.json", "model.onnx" }, typeof(ModelLocation.Artifact))]
    [InlineData(new[] { "genai_config.json", "model.onnx" }, typeof(ModelLocation.Foreign))]
    [InlineData(new[] { "config.json", "decoder_model_merged.onnx" }, typeof(ModelLocation.Foreign))]
    public void A_directory_is_what_its_files_say(string[] files, Type expected)
    {
        var directory = Make("model", files);
        Assert.IsType(expected, _locator.Locate(directory));
        Assert.Equal("model", _locator.Locate(directory + "/").Name);
    }

    [Fact]
    public void A_directory_without_a_model_says_what_it_lacks()
    {
        var error = Assert.Throws<CheckpointException>(() => _locator.Locate(Make("empty")));
        Assert.Contains("manifest.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("genai_config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_place_of_a_directory_is_told_apart()
    {
        var error = Assert.Throws<CheckpointException>(() => _locator.Locate(_directory.Write("model.safetensors", "")));
        Assert.Contains("is a file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_is_found_in_the_cache_by_its_main_revision()
    {
        MakeSnapshot("org", "some-model");
        var checkpoint = Assert.IsType<ModelLocation.Checkpoint>(_locator.Locate("org/some-model"));
        Assert.Equal("org/some-model", checkpoint.Name);
        Assert.EndsWith($"models--org--some-model/snapshots/{Commit}", checkpoint.Directory, StringComparison.Ordinal);
        Assert.Equal(checkpoint, _locator.Locate($"org/some-model@{Commit}"));
    }

    [Fact]
    public void An_absent_revision_lists_those_that_are_present()
    {
        MakeSnapshot("org", "some-model");
        var error = Assert.Throws<CheckpointException>(() => _locator.Locate("org/some-model@v2"));
        Assert.Contains("'v2'", error.Message, StringComparison.Ordinal);
        Assert.Contains(Commit, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_that_leads_out_of_the_cache_is_refused()
    {
        MakeSnapshot("org", "some-model");
        File.WriteAllText(In("hub", "models--org--some-model", "refs", "main"), "../../..");
        Assert.Throws<CheckpointException>(() => _locator.Locate("org/some-model"));
    }

    [Fact]
    public void An_unknown_name_lists_what_was_looked_for_and_close_names()
    {
        var error = Assert.Throws<CheckpointException>(() => _locator.Locate("mamba130m"));
        Assert.Contains("a catalogue entry 'mamba130m'", error.Message, StringComparison.Ordinal);
        Assert.Contains("a directory /", error.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'mamba-130m'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_repository_that_the_catalogue_knows_names_its_entry()
    {
        var error = Assert.Throws<CheckpointException>(() => _locator.Locate("state-spaces/mamba-130m-hf"));
        Assert.Contains("models--state-spaces--mamba-130m-hf", error.Message, StringComparison.Ordinal);
        Assert.Contains("'mamba-130m'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    [InlineData("../nowhere")]
    [InlineData("a/b/c")]
    [InlineData("org/..")]
    [InlineData("org/name@../x")]
    public void Names_that_lead_nowhere_are_refused(string model) => Assert.Throws<CheckpointException>(() => _locator.Locate(model));

    [Theory]
    [InlineData("HF_HUB_CACHE=/a HF_HOME=/b XDG_CACHE_HOME=/c", "/a")]
    [InlineData("HF_HOME=/b XDG_CACHE_HOME=/c", "/b/hub")]
    [InlineData("XDG_CACHE_HOME=/c", "/c/huggingface/hub")]
    [InlineData("HF_HOME=", "/home/u/.cache/huggingface/hub")]
    public void The_cache_is_where_the_environment_says(string environment, string root)
    {
        var variables = environment.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var cache = HuggingFaceCache.FromEnvironment(variables.GetValueOrDefault, "/home/u");
        Assert.Equal($"{root}/models--o--n", cache.DirectoryOf(new RepositoryName("o", "n", "main")));
    }

    private string In(params string[] parts) => Path.Combine([_directory.Path, .. parts]);

    private string Make(string name, params string[] files)
    {
        Directory.CreateDirectory(In(name));
        foreach (var file in files)
        {
            File.WriteAllText(In(name, file), "");
        }

        return In(name);
    }

    private void MakeSnapshot(string organisation, string name)
    {
        var repository = $"hub/models--{organisation}--{name}";
        Make($"{repository}/snapshots/{Commit}", "config.json", "model.safetensors");
        Make($"{repository}/refs");
        File.WriteAllText(In(repository, "refs", "main"), Commit + "\n");
    }
}
