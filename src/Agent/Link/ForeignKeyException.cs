using System.Security.Authentication;

namespace EdgeFleet.Agent.Link;

/// <summary>The other end has another key than the address says.</summary>
internal sealed class ForeignKeyException() : AuthenticationException("The key is not the one of the address.");
