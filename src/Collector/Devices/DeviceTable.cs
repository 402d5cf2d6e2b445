using System.Collections.Concurrent;

namespace EdgeFleet.Collector.Devices;

/// <summary>The devices that this collector owns, as they are now: what pages and metrics read. Grains write it.</summary>
internal sealed class DeviceTable
{
    private readonly ConcurrentDictionary<string, DeviceStatus> devices = new(StringComparer.Ordinal);
    private long seen;

    /// <summary>All of them.</summary>
    public ICollection<DeviceStatus> All => devices.Values;

    /// <summary>All of them in the order in which they appeared: what is bounded keeps those that it has had longest.</summary>
    public IEnumerable<DeviceStatus> ByAppearance => devices.Values.OrderBy(device => device.Number);

    /// <summary>One of them, or null.</summary>
    public DeviceStatus? Find(string deviceId) => devices.GetValueOrDefault(deviceId);

    /// <summary>Changes one.</summary>
    public void Update(string deviceId, Func<DeviceStatus, DeviceStatus> change) =>
        devices.AddOrUpdate(deviceId, id => change(new DeviceStatus { DeviceId = id, Number = Interlocked.Increment(ref seen) }), (_, status) => change(status));

    /// <summary>Removes one.</summary>
    public void Remove(string deviceId) => devices.TryRemove(deviceId, out _);
}
