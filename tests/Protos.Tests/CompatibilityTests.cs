using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Xunit;

namespace EdgeFleet.Protos.Tests;

public sealed class CompatibilityTests
{
    [Fact]
    public void Nothing_that_peers_of_1_0_rely_on_has_changed() => Assert.Empty(BreakingChanges.Find(Descriptors.Frozen(), Descriptors.Current()));

    [Fact]
    public void The_frozen_contract_holds_all_four_services() => Assert.Equal(
        ["AgentLink", "Artifacts", "Fleet", "Traces"],
        Descriptors.Frozen().File.SelectMany(f => f.Service).Select(s => s.Name).Order());

    public static TheoryData<string, Action<FileDescriptorSet>> Breaks => new()
    {
        { "edgefleet.v1.Hello.device_id = 1 was removed or renumbered", set => Message(set, "Hello").Field.RemoveAt(0) },
        { "edgefleet.v1.Hello.device_id = 1 was removed or renumbered", set => Message(set, "Hello").Field[0].Number = 99 },
        { "edgefleet.v1.Hello.device_id = 1 was renamed to id, which JSON peers see", set => Message(set, "Hello").Field[0].Name = "id" },
        { "edgefleet.v1.Hello.device_id changed its type", set => Message(set, "Hello").Field[0].Type = FieldDescriptorProto.Types.Type.Bytes },
        { "edgefleet.v1.Hello.device_id changed between one value and many", set => Message(set, "Hello").Field[0].Label = FieldDescriptorProto.Types.Label.Repeated },
        { "edgefleet.v1.AgentMessage.hello moved into or out of a oneof", set => Message(set, "AgentMessage").Field[0].ClearOneofIndex() },
        { "message edgefleet.v1.Hello was removed", set => File(set, "link").MessageType.Remove(Message(set, "Hello")) },
        { "enum edgefleet.v1.MisfirePolicy was removed", set => File(set, "link").EnumType.Clear() },
        { "edgefleet.v1.Outcome.OUTCOME_SKIPPED = 4 was removed, renamed or renumbered", set => File(set, "scenario").EnumType.Single(e => e.Name == "Outcome").Value[4].Number = 9 },
        { "rpc edgefleet.v1.Traces.Upload was removed", set => File(set, "traces").Service[0].Method.Clear() },
        { "rpc edgefleet.v1.Traces.Upload changed its streaming", set => File(set, "traces").Service[0].Method[0].ClientStreaming = false },
        { "rpc edgefleet.v1.Traces.Upload changed its messages", set => File(set, "traces").Service[0].Method[0].OutputType = ".edgefleet.v1.Hello" },
        { "service edgefleet.v1.Traces was removed", set => File(set, "traces").Service.Clear() },
    };

    [Theory]
    [MemberData(nameof(Breaks))]
    public void A_breaking_change_is_found(string expected, Action<FileDescriptorSet> change)
    {
        var changed = Descriptors.Current();
        change(changed);
        Assert.Contains(expected, BreakingChanges.Find(Descriptors.Current(), changed));
    }

    [Fact]
    public void New_fields_values_and_calls_are_no_break()
    {
        var changed = Descriptors.Current();
        Message(changed, "Hello").Field.Add(new FieldDescriptorProto { Name = "new", Number = 500, Type = FieldDescriptorProto.Types.Type.Bool });
        File(changed, "scenario").EnumType[0].Value.Add(new EnumValueDescriptorProto { Name = "PROVIDER_NEW", Number = 50 });
        File(changed, "traces").Service[0].Method.Add(new MethodDescriptorProto { Name = "New", InputType = ".edgefleet.v1.Hello", OutputType = ".edgefleet.v1.Hello" });
        Assert.Empty(BreakingChanges.Find(Descriptors.Current(), changed));
    }

    [Fact]
    public void What_a_newer_peer_adds_survives_a_round_trip()
    {
        var message = new AgentMessage { Hello = new Hello { DeviceId = "d", Capabilities = { new Capability { Provider = (Provider)77 } } } };
        byte[] newer = [.. message.ToByteArray(), 0xA2, 0x06, 0x03, 1, 2, 3];
        var read = AgentMessage.Parser.ParseFrom(newer);
        Assert.Equal((Provider)77, read.Hello.Capabilities[0].Provider);
        Assert.Equal(newer, read.ToByteArray());
    }

    private static FileDescriptorProto File(FileDescriptorSet set, string name) => set.File.Single(f => f.Name == $"edgefleet/v1/{name}.proto");

    private static DescriptorProto Message(FileDescriptorSet set, string name) => set.File.SelectMany(f => f.MessageType).Single(m => m.Name == name);
}
