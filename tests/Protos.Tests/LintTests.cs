using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Xunit;
using Type = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;

namespace EdgeFleet.Protos.Tests;

public sealed partial class LintTests
{
    // Field numbers of descriptor.proto, of which the paths of source locations consist.
    private const int FileMessage = 4;
    private const int FileEnum = 5;
    private const int FileService = 6;
    private const int MessageField = 2;
    private const int MessageNested = 3;
    private const int MessageEnum = 4;
    private const int MessageOneof = 8;
    private const int Member = 2;

    private static readonly string[] Units =
    [
        "_ns", "_bytes", "_joules", "_tokens", "_hertz", "_watts", "_ratio", "_per_second", "_flop", "_count", "_bytes_per_token",
    ];

    // Wide numbers without a unit: counts, versions, hashes, ratios by the field's own names.
    private static readonly HashSet<string> Dimensionless =
    [
        "CollectorStatus.conflicts", "CollectorStatus.traces", "ComparisonRow.ratio_high", "ComparisonRow.ratio_low",
        "ConfigurationOffer.version", "CreateSweepRequest.max_runs", "Heartbeat.peer_sequence", "Heartbeat.sequence", "Hello.configuration_version",
        "Iteration.token_hash", "Model.parameters", "Roofline.mbu", "Roofline.mfu", "RunResult.token_hash", "Schedule.missed", "SpoolLevel.acknowledged",
        "SpoolLevel.produced", "SpoolLevel.spooled", "SweepDefinition.seed", "SweepPlan.reused", "SweepPlan.runs", "SweepPlan.scenarios",
        "TelemetrySeries.value", "TraceAck.spool_sequence", "TraceChunk.spool_sequence", "WorkerRun.prompt_seed",
    ];

    [Fact]
    public void Everything_has_a_comment()
    {
        foreach (var file in Descriptors.Current().File)
        {
            var commented = file.SourceCodeInfo.Location.Where(l => !string.IsNullOrWhiteSpace(l.LeadingComments)).Select(l => string.Join('.', l.Path)).ToHashSet();
            Assert.All(Elements(file), e => Assert.True(commented.Contains(e.Path), $"{file.Name}: {e.Name} has no comment above it."));
        }
    }

    [Fact]
    public void Names_follow_the_style_guide()
    {
        foreach (var file in Descriptors.Current().File)
        {
            Assert.Equal("edgefleet.v1", file.Package);
            Assert.All(AllMessages(file), m => Assert.Matches(Pascal(), m.Name));
            Assert.All(AllMessages(file).SelectMany(m => m.Field), f => Assert.Matches(Snake(), f.Name));
            Assert.All(file.Service.SelectMany(s => s.Method), m => Assert.Matches(Pascal(), m.Name));
        }
    }

    [Fact]
    public void Enum_values_carry_their_enum_and_zero_is_unspecified()
    {
        foreach (var type in Descriptors.Current().File.SelectMany(f => f.EnumType))
        {
            var prefix = WordStart().Replace(type.Name, "_").ToUpperInvariant() + "_";
            Assert.All(type.Value, v => Assert.StartsWith(prefix, v.Name, StringComparison.Ordinal));
            Assert.Equal(prefix + "UNSPECIFIED", type.Value.Single(v => v.Number == 0).Name);
        }
    }

    [Fact]
    public void Wide_numbers_carry_their_unit()
    {
        var unnamed =
            from file in Descriptors.Current().File
            from message in AllMessages(file)
            where !message.Options?.MapEntry ?? true
            from field in message.Field
            where field.Type is Type.Int64 or Type.Uint64 or Type.Sint64 or Type.Fixed64 or Type.Double or Type.Float
            where !Units.Any(u => ("_" + field.Name).EndsWith(u, StringComparison.Ordinal))
            select $"{message.Name}.{field.Name}";
        Assert.Equal(Dimensionless.Order(StringComparer.Ordinal), unnamed.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(string Path, string Name)> Elements(FileDescriptorProto file)
    {
        foreach (var (message, i) in file.MessageType.Select((m, i) => (m, i)))
        {
            foreach (var element in Elements(message, $"{FileMessage}.{i}")) yield return element;
        }

        foreach (var (type, i) in file.EnumType.Select((e, i) => (e, i)))
        {
            foreach (var element in Elements(type, $"{FileEnum}.{i}")) yield return element;
        }

        foreach (var (service, i) in file.Service.Select((s, i) => (s, i)))
        {
            yield return ($"{FileService}.{i}", service.Name);
            foreach (var (method, j) in service.Method.Select((m, j) => (m, j))) yield return ($"{FileService}.{i}.{Member}.{j}", $"{service.Name}.{method.Name}");
        }
    }

    private static IEnumerable<(string Path, string Name)> Elements(DescriptorProto message, string path)
    {
        if (message.Options?.MapEntry == true) yield break;
        yield return (path, message.Name);
        foreach (var (field, i) in message.Field.Select((f, i) => (f, i))) yield return ($"{path}.{MessageField}.{i}", $"{message.Name}.{field.Name}");
        foreach (var (oneof, i) in message.OneofDecl.Select((o, i) => (o, i)))
        {
            if (!message.Field.Any(f => f.Proto3Optional && f.OneofIndex == i)) yield return ($"{path}.{MessageOneof}.{i}", $"{message.Name}.{oneof.Name}");
        }

        foreach (var (nested, i) in message.NestedType.Select((n, i) => (n, i)))
        {
            foreach (var element in Elements(nested, $"{path}.{MessageNested}.{i}")) yield return element;
        }

        foreach (var (type, i) in message.EnumType.Select((e, i) => (e, i)))
        {
            foreach (var element in Elements(type, $"{path}.{MessageEnum}.{i}")) yield return element;
        }
    }

    private static IEnumerable<(string Path, string Name)> Elements(EnumDescriptorProto type, string path)
    {
        yield return (path, type.Name);
        foreach (var (value, i) in type.Value.Select((v, i) => (v, i))) yield return ($"{path}.{Member}.{i}", value.Name);
    }

    private static IEnumerable<DescriptorProto> AllMessages(FileDescriptorProto file)
    {
        static IEnumerable<DescriptorProto> With(DescriptorProto message) => message.NestedType.SelectMany(With).Prepend(message);
        return file.MessageType.SelectMany(With);
    }

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*$")]
    private static partial Regex Pascal();

    [GeneratedRegex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    private static partial Regex Snake();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();
}
