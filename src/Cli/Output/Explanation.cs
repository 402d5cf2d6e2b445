using System.Net.Sockets;
using EdgeFleet.Cli.Connection;
using Grpc.Core;

namespace EdgeFleet.Cli.Output;

/// <summary>What to do about a call that failed.</summary>
internal static class Explanation
{
    /// <summary>One sentence or two.</summary>
    public static string Of(RpcException error) => Cause<UntrustedKeyException>(error) is { } untrusted ? untrusted.Message : error.StatusCode switch
    {
        StatusCode.Unauthenticated => "The collector does not know this token. Take the string anew from operator-string in its data directory.",
        StatusCode.PermissionDenied => "This token is for agents. Operators need the string in operator-string of the collector's data directory.",
        StatusCode.Unavailable => $"The collector cannot be reached: {Cause<SocketException>(error)?.Message ?? error.Status.Detail}. Is it running, and is the address right?",
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition => error.Status.Detail,
        StatusCode.Cancelled or StatusCode.DeadlineExceeded => $"The collector did not answer in time: {error.Status.Detail}",
        _ => $"The collector answered {error.StatusCode}: {error.Status.Detail}",
    };

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
