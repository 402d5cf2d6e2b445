using System.Security.Authentication;

namespace EdgeFleet.Cli.Connection;

/// <summary>The other end has another key than the address says.</summary>
/// <param name="presented">Fingerprint of the key that it has.</param>
/// <param name="expected">Fingerprint in the address.</param>
internal sealed class UntrustedKeyException(string presented, string expected)
    : AuthenticationException($"The collector has the key {presented}, the address expects {expected}. Take the string anew from operator-string in its data directory; "
        + "if the collector's key was not renewed, somebody else answers in its place.");
