namespace EdgeFleet.Collector.Storage;

/// <summary>What is on disk cannot be used as it is.</summary>
internal sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
