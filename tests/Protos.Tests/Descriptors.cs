using Google.Protobuf.Reflection;

namespace EdgeFleet.Protos.Tests;

/// <summary>Descriptor sets that lie beside the tests.</summary>
internal static class Descriptors
{
    /// <summary>The working tree's, with comments.</summary>
    public static FileDescriptorSet Current() => Read("edgefleet.v1.binpb");

    /// <summary>What peers of version 1.0 were built with.</summary>
    public static FileDescriptorSet Frozen() => Read(Path.Combine("frozen", "edgefleet.v1.0.binpb"));

    private static FileDescriptorSet Read(string name) =>
        FileDescriptorSet.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, name)));
}
