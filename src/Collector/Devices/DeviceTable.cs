using System.Collections.Concurrent;

namespace EdgeFleet.Collector.Devices;

/// <summary>The devices that this collector owns, as they are now: what pages and metrics read. Grains write it.</summary>
internal sealed class DeviceTable
{
    private readonly ConcurrentDictionary<string, DeviceStatus> devices = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public ICollection<DeviceStatus> All => devices.Values;

    /// <summary>One of them, or null.</summary>
    public DeviceStatus? Find(string deviceId) => devices.GetValueOrDefault(deviceId);

    /// <summary>Changes one.</summary>
    public void Update(string deviceId, Func<DeviceStatus, DeviceStatus> change) =>
        devices.AddOrUpdate(deviceId, id => change(new DeviceStatus { DeviceId = id }), (_, status) => change(status));

    /// <summary>Removes one.</summary>
    public void Remove(string deviceId) => devices.TryRemove(deviceId, out _);
}
