using System.Net.Sockets;
using System.Security.Authentication;
using EdgeFleet.Cli.Connection;
using Grpc.Core;

namespace EdgeFleet.Cli.Output;

/// <summary>What to do about a call that failed.</summary>
internal static class Explanation
{
    /// <summary>One sentence or two.</summary>
    /// <param name="error">The call's end.</param>
    /// <param name="collector">Whom it went to, without the token; null where that is not known.</param>
    public static string Of(RpcException error, string? collector) => error.StatusCode switch
    {
        _ when Cause<UntrustedKeyException>(error) is { } untrusted => untrusted.Message,
        _ when Cause<AuthenticationException>(error) is { } foreign => $"What answers at {collector ?? "the collector's address"} is no collector: {foreign.Message}",
        StatusCode.Unauthenticated => "The collector does not know this token. Take the string anew from operator-string in its data directory.",
        StatusCode.PermissionDenied => "This token is for agents. Operators need the string in operator-string of the collector's data directory.",
        StatusCode.Unavailable => $"The collector{At(collector)} cannot be reached: {Cause<SocketException>(error)?.Message ?? error.Status.Detail}. Is it running, and is the address right?",
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition => error.Status.Detail,
        StatusCode.Cancelled or StatusCode.DeadlineExceeded => $"The collector{At(collector)} did not answer in time. {error.Status.Detail}".TrimEnd(),
        _ => $"The collector answered {error.StatusCode}: {error.Status.Detail}",
    };

    /// <summary>Whether a call ended because the user wanted it to, and not because the other end kept silent.</summary>
    public static bool IsInterruption(RpcException error) => error.StatusCode == StatusCode.Cancelled && Cause<TimeoutException>(error) is null;

    private static string At(string? collector) => collector is null ? "" : " at " + collector;

    private static T? Cause<T>(RpcException error)
        where T : Exception
    {
        for (var cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is T found) return found;
        }

        return null;
    }
}
