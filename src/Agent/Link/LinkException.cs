namespace EdgeFleet.Agent.Link;

/// <summary>The peer broke the contract, or ended the stream before it had begun.</summary>
internal sealed class LinkException(string message) : Exception(message);
