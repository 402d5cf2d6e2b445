using EdgeFleet.Agent.Daemon;
using EdgeFleet.Agent.Identity;
using Xunit;

namespace EdgeFleet.Agent.Tests.Daemon;

public sealed class IdentityTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("identity").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void An_identity_is_made_once_and_stays()
    {
        var hardware = HardwareFingerprint.Parse("dmi_uuid=1\n");
        using var state = new StateDirectory(Path.Combine(root, "state"));
        var first = AgentIdentity.Load(state, hardware);
        Assert.Matches("^[0-9a-f]{64}$", first.DeviceId);
        Assert.Equal((first.DeviceId, null), (AgentIdentity.Load(state, hardware).DeviceId, AgentIdentity.Load(state, hardware).Former));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state.Of("device-key.pem")));
    }

    [Fact]
    public void Other_hardware_makes_another_identity_that_stays_too()
    {
        using var state = new StateDirectory(Path.Combine(root, "state"));
        var original = AgentIdentity.Load(state, HardwareFingerprint.Parse("dmi_uuid=1\nnetwork_addresses=a\n"));
        var clone = AgentIdentity.Load(state, HardwareFingerprint.Parse("dmi_uuid=2\nnetwork_addresses=a\n"));
        Assert.NotEqual(original.DeviceId, clone.DeviceId);
        Assert.Equal(original.DeviceId, clone.Former);
        var again = AgentIdentity.Load(state, HardwareFingerprint.Parse("dmi_uuid=2\nnetwork_addresses=a\n"));
        Assert.Equal((clone.DeviceId, null), (again.DeviceId, again.Former));
    }

    [Fact]
    public void What_only_root_can_read_makes_no_other_machine_and_is_not_forgotten()
    {
        using var state = new StateDirectory(Path.Combine(root, "state"));
        var asRoot = AgentIdentity.Load(state, HardwareFingerprint.Parse("dmi_uuid=1\nnetwork_addresses=a\n"));
        var asUser = AgentIdentity.Load(state, HardwareFingerprint.Parse("network_addresses=a\n"));
        Assert.Equal(asRoot.DeviceId, asUser.DeviceId);
        Assert.NotEqual(asRoot.DeviceId, AgentIdentity.Load(state, HardwareFingerprint.Parse("dmi_uuid=2\nnetwork_addresses=a\n")).DeviceId);
    }

    [Fact]
    public void A_fingerprint_is_read_from_proc_and_sys()
    {
        Write("proc/device-tree/serial-number", "1420921\0");
        Write("sys/class/dmi/id/product_uuid", "4c4c4544\n");
        Write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t X\nGPU UUID: \t GPU-b\n");
        Write("proc/driver/nvidia/gpus/0000:02:00.0/information", "GPU UUID: \t GPU-a\n");
        Write("sys/class/net/eth0/address", "00:11\n");
        Directory.CreateDirectory(Path.Combine(root, "sys/class/net/eth0/device"));
        Write("sys/class/net/veth1/address", "00:22\n");
        var read = HardwareFingerprint.Read(root);
        Assert.Equal(
            [("device_tree_serial", "1420921"), ("dmi_uuid", "4c4c4544"), ("gpu_uuids", "GPU-a GPU-b"), ("network_addresses", "00:11")], read.Select(part => (part.Key, part.Value)));
        Assert.Equal(read, HardwareFingerprint.Parse(HardwareFingerprint.Format(read)));
    }

    [Fact]
    public void A_damaged_key_is_an_error_that_says_what_to_do()
    {
        using var state = new StateDirectory(Path.Combine(root, "state"));
        File.WriteAllText(state.Of("device-key.pem"), "no key");
        Assert.Contains("Remove it", Assert.Throws<InvalidDataException>(() => AgentIdentity.Load(state, HardwareFingerprint.Parse(""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_agent_has_a_state_directory()
    {
        using var state = new StateDirectory(Path.Combine(root, "state"));
        Assert.Contains("--state", Assert.Throws<IOException>(() => new StateDirectory(state.Root)).Message, StringComparison.Ordinal);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
