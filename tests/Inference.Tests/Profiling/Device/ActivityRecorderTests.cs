using System.Diagnostics;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.Profiling.Device;
using Xunit;

namespace EdgeFleet.Inference.Tests.Profiling.Device;

/// <summary>The recorder on a library that stands in for CUPTI; one at a time, as there is one recorder per process.</summary>
[Collection(nameof(ActivityRecorderTests))]
public sealed class ActivityRecorderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Records_are_handed_over_in_the_order_of_their_starts()
    {
        using var recorder = ActivityRecorder.Start(Library());

        Assert.Equal(
            [
                new DeviceActivity("memcpy host to device", 10, 20),
                new DeviceActivity("memset", 21, 22),
                new DeviceActivity("nvjet_hsh_64x8", 200, 290),
                new DeviceActivity("_ZN9edgefleet4cuda16ArgMaxPartKernelE", 300, 320),
            ],
            recorder.Take());
        Assert.Equal(4, recorder.Take().Length);
    }

    [Fact]
    public void Behind_one_recorder_another_can_start_but_not_beside_it()
    {
        var library = Library();
        using (ActivityRecorder.Start(library))
        {
            Assert.Throws<InvalidOperationException>(() => ActivityRecorder.Start(library));
        }

        using var next = ActivityRecorder.Start(library);
        Assert.NotEmpty(next.Take());
    }

    [Fact]
    public void Lost_records_are_an_error_and_no_short_profile()
    {
        using var recorder = ActivityRecorder.Start(Library("-DDROP"));

        Assert.Contains("3 records", Assert.Throws<RuntimeLoadException>(() => recorder.Take()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(130001)]
    public void Versions_whose_records_are_known_are_read(int version)
    {
        using var recorder = ActivityRecorder.Start(Library($"-DAPI_VERSION={version}"));

        Assert.Equal(4, recorder.Take().Length);
    }

    [Theory]
    [InlineData(17)]
    [InlineData(140000)]
    public void Another_version_is_refused_by_its_number(int version)
    {
        var exception = Assert.Throws<RuntimeLoadException>(() => Library($"-DAPI_VERSION={version}"));

        Assert.Contains($"API version {version}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_told_in_cuptis_words_and_leaves_nothing_behind()
    {
        var exception = Assert.Throws<RuntimeLoadException>(() => ActivityRecorder.Start(Library("-DREFUSE")));

        Assert.Contains("INSUFFICIENT_PRIVILEGES (35)", exception.Message, StringComparison.Ordinal);
        using var recorder = ActivityRecorder.Start(Library());
    }

    [Fact]
    public void A_missing_library_is_named_with_what_to_do()
    {
        var exception = Assert.Throws<RuntimeLoadException>(() => CuptiLibrary.Load(cudaMajor: 98));

        Assert.Contains("libcupti.so.98", exception.Message, StringComparison.Ordinal);
        Assert.Contains("LD_LIBRARY_PATH", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_not_cupti_is_named() =>
        Assert.Contains("cuptiGetVersion", Assert.Throws<RuntimeLoadException>(() => CuptiLibrary.LoadFrom("libc.so.6")).Message, StringComparison.Ordinal);

    public void Dispose() => _directory.Dispose();

    private CuptiLibrary Library(params string[] defines)
    {
        // A library that is loaded stays: another build of it needs another name.
        var library = _directory.File($"libcupti{string.Concat(defines)}-{Guid.NewGuid():n}.so");
        var source = Path.Combine(AppContext.BaseDirectory, "Profiling", "Device", "fake_cupti.c");
        using var compiler = Process.Start("cc", [.. defines, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return CuptiLibrary.LoadFrom(library);
    }
}
