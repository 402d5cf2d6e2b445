using System.Globalization;
using EdgeFleet.FrozenPeer;

// usage: edgefleet-frozen-peer JOIN-FILE LABEL RUNS
// An agent of version 1.0 as the frozen descriptors describe it: performs so many runs with made-up times, and ends with status 0.
await using var peer = new Peer(await File.ReadAllTextAsync(args[0]), args[1]);
await peer.PerformAsync(int.Parse(args[2], CultureInfo.InvariantCulture));
return 0;
