using EdgeFleet.Collector.Hosting;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class LoggingTests : ILogEventSink
{
    private readonly List<string> written = [];

    void ILogEventSink.Emit(LogEvent logEvent) => written.Add(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void What_the_cluster_says_of_its_end_is_left_out_and_nothing_else()
    {
        var stopping = false;
        var configuration = new LoggerConfiguration();
        Logging.Configure(configuration, "c", quiet: false, () => stopping);
        using var log = configuration.WriteTo.Sink(this).CreateLogger();
        log.ForContext(Constants.SourceContextPropertyName, "Orleans.Runtime.Catalog").Error("a grain failed");
        stopping = true;
        log.ForContext(Constants.SourceContextPropertyName, "Orleans.Runtime.Placement.PlacementService").Error("no active nodes");
        log.ForContext(Constants.SourceContextPropertyName, "EdgeFleet.Collector.Storage.Database").Error("the disk is full");
        log.Error("without a source");
        Assert.Equal(["a grain failed", "the disk is full", "without a source"], written);
    }
}
