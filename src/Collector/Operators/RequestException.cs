using Grpc.Core;

namespace EdgeFleet.Collector.Operators;

/// <summary>A request that is refused; nothing was changed. Becomes the status of the call.</summary>
internal sealed class RequestException : Exception
{
    private RequestException(StatusCode code, string message)
        : base(message) => Code = code;

    /// <summary>The call's status.</summary>
    public StatusCode Code { get; }

    /// <summary>A value that breaks a rule.</summary>
    /// <param name="field">Name of the field as in the contract or the document.</param>
    /// <param name="problem">What is wrong, and what would be right.</param>
    public static RequestException Invalid(string field, string problem) => new(StatusCode.InvalidArgument, $"{field}: {problem}");

    /// <summary>Something that does not exist.</summary>
    public static RequestException NotFound(string what) => new(StatusCode.NotFound, what);

    /// <summary>Something that the present state forbids.</summary>
    public static RequestException Precondition(string why) => new(StatusCode.FailedPrecondition, why);

    /// <summary>Something that exists already.</summary>
    public static RequestException Exists(string what) => new(StatusCode.AlreadyExists, what);
}
