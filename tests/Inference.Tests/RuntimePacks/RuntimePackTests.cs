using System.Security.Cryptography;
using System.Text.Json;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Hashing;
using Xunit;

namespace EdgeFleet.Inference.Tests.RuntimePacks;

public sealed class RuntimePackTests
{
    private const string Library = "libonnxruntime.so";

    [Fact]
    public void The_bundled_pack_loads_and_has_the_cpu_operators()
    {
        var pack = RuntimePack.Bundled();

        Assert.StartsWith("1.", pack.Load().Version, StringComparison.Ordinal);
        Assert.True(File.Exists(pack.OperatorLibrary(ExecutionProvider.Cpu)));
        Assert.Null(pack.Manifest);
    }

    [Fact]
    public void A_directory_without_a_manifest_is_taken_as_it_is()
    {
        using var directory = new TemporaryDirectory();
        File.CreateSymbolicLink(directory.File("libonnxruntime.so.1"), RuntimePack.Bundled().OnnxRuntimePath);

        Assert.Equal(RuntimePack.Bundled().Load().Version, Open(directory).Load().Version);
    }

    [Fact]
    public void A_pack_with_a_right_manifest_opens()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, RuntimePack.Bundled().Load().Version);

        var pack = Open(directory);

        Assert.Equal(13, pack.CudaMajor);
        Assert.NotNull(pack.Load());
    }

    [Fact]
    public void A_pack_of_another_version_than_it_says_is_refused()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "1.99.0");

        Refused("1.99.0", () => Open(directory).Load());
    }

    [Fact]
    public void A_directory_that_does_not_exist_is_named() => Refused(
        "/nowhere/pack", () => RuntimePack.Open("/nowhere/pack", new SessionHashMemory(), TestContext.Current.CancellationToken));

    [Fact]
    public void A_directory_without_the_library_is_an_error_that_names_it()
    {
        using var directory = new TemporaryDirectory();

        Refused(directory.File(Library), () => Open(directory));
    }

    [Fact]
    public void A_file_that_is_no_library_is_named()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File(Library), "not a library");

        Refused(directory.File(Library), () => Open(directory).Load());
    }

    [Fact]
    public void A_library_that_is_not_onnx_runtime_is_named()
    {
        using var directory = new TemporaryDirectory();
        File.Copy(RuntimePack.Bundled().OperatorLibrary(ExecutionProvider.Cpu), directory.File(Library));

        Refused("OrtGetApiBase", () => Open(directory).Load());
    }

    [Theory]
    [InlineData("""{"schema":2}""", "onnx_runtime")]
    [InlineData("""{"schema":2,"onnx_runtime":"1","providers":[],"cuda_major":null,"architectures":[],"files":[]}""", "schema 2")]
    [InlineData("""{"schema":1,"onnx_runtime":"1","providers":[],"cuda_major":null,"architectures":[],"files":[],"more":1}""", "more")]
    [InlineData("""{"schema":1,"onnx_runtime":"1","providers":[],"cuda_major":null,"architectures":[],"files":[{"path":"../x","bytes":1,"sha256":""}]}""", "'../x'")]
    [InlineData("""{"schema":1,"onnx_runtime":"1","providers":[],"cuda_major":null,"architectures":[],"files":[{"path":"gone.so","bytes":1,"sha256":""}]}""", "gone.so")]
    [InlineData("[", "pack.json")]
    public void A_bad_manifest_is_refused_with_the_reason(string json, string expected)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File(RuntimePack.ManifestName), json);

        Refused(expected, () => Open(directory));
    }

    [Theory]
    [InlineData(true, "bytes, but")]
    [InlineData(false, "SHA-256")]
    public void A_file_that_changed_is_refused(bool longer, string expected)
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "1.31.1");
        var path = directory.File(Library);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, longer ? [.. bytes, 0] : bytes);

        Refused(expected, () => Open(directory));
    }

    [Theory]
    [InlineData(ExecutionProvider.Cuda, "libonnxruntime_providers_cuda.so")]
    [InlineData(ExecutionProvider.TensorRt, "libonnxruntime_providers_tensorrt.so")]
    public void A_provider_whose_library_is_missing_is_an_error_that_names_it(ExecutionProvider provider, string missing)
    {
        using var directory = new TemporaryDirectory();
        foreach (var name in (ReadOnlySpan<string>)[Library, "libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"])
        {
            if (name != missing)
            {
                File.WriteAllText(directory.File(name), string.Empty);
            }
        }

        Refused(directory.File(missing), () => Open(directory).Require(provider));
    }

    [Fact]
    public void Operators_for_cuda_are_chosen_by_the_packs_major_version()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File(Library), string.Empty);
        Refused("cuda_major", () => Open(directory).OperatorLibrary(ExecutionProvider.Cuda));
        File.WriteAllText(directory.File("libedgefleet_ops_cuda12.so"), string.Empty);

        Assert.Equal(directory.File("libedgefleet_ops_cuda12.so"), Open(directory).OperatorLibrary(ExecutionProvider.Cuda));
    }

    private static RuntimePack Open(TemporaryDirectory directory) =>
        RuntimePack.Open(directory.Path, new SessionHashMemory(), TestContext.Current.CancellationToken);

    private static void Refused(string expected, Func<object?> action) =>
        Assert.Contains(expected, Assert.Throws<RuntimeLoadException>(action).Message, StringComparison.Ordinal);

    private static void Refused(string expected, Action action) =>
        Assert.Contains(expected, Assert.Throws<RuntimeLoadException>(action).Message, StringComparison.Ordinal);

    private static void Write(TemporaryDirectory directory, string version)
    {
        var path = directory.File(Library);
        File.Copy(RuntimePack.Bundled().OnnxRuntimePath, path);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllText(directory.File(RuntimePack.ManifestName), JsonSerializer.Serialize(new
        {
            schema = 1,
            onnx_runtime = version,
            providers = new[] { "cpu", "cuda" },
            cuda_major = 13,
            architectures = new[] { "x64", "sm_90" },
            files = new[] { new { path = Library, bytes = bytes.Length, sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) } },
        }));
    }
}
