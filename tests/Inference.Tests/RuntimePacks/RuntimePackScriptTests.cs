using System.Diagnostics;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Hashing;
using Xunit;

namespace EdgeFleet.Inference.Tests.RuntimePacks;

public sealed class RuntimePackScriptTests
{
    [Fact]
    public void A_pack_that_the_script_makes_of_a_directory_opens_and_is_whole()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("from"));
        File.Copy(RuntimePack.Bundled().OnnxRuntimePath, directory.File("from/libonnxruntime.so.1"));

        var (status, output, _) = Run(directory.File("pack"), directory.File("from"), "--architecture", "sm_87");

        Assert.Equal(0, status);
        var pack = RuntimePack.Open(directory.File("pack"), new SessionHashMemory(), TestContext.Current.CancellationToken);
        var library = pack.Load();
        Assert.Contains($"ONNX Runtime {library.Version}, providers cpu", output, StringComparison.Ordinal);
        Assert.Equal(["cpu"], pack.Manifest!.Providers);
        Assert.Contains("sm_87", pack.Manifest.Architectures);
        Assert.Null(pack.CudaMajor);
    }

    [Theory]
    [InlineData("empty", "holds no libonnxruntime.so")]
    [InlineData("nowhere", "is no directory")]
    [InlineData("unversioned", "does not state one version")]
    public void What_makes_no_pack_is_refused_and_leaves_nothing(string from, string reason)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("empty"));
        Directory.CreateDirectory(directory.File("unversioned"));
        File.WriteAllText(directory.File("unversioned/libonnxruntime.so"), "no version");

        var (status, _, errors) = Run(directory.File("pack"), directory.File(from));

        Assert.Equal(1, status);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory.File("pack")));
    }

    private static (int Status, string Output, string Errors) Run(params string[] arguments)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "EdgeFleet.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("EdgeFleet.sln is above the tests.");
        }

        var start = new ProcessStartInfo(Path.Combine(root, "scripts", "runtime-pack.sh"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }
}
