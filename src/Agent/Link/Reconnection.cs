using Grpc.Core;
using Polly;
using Polly.Retry;

namespace EdgeFleet.Agent.Link;

/// <summary>Tries again for ever: exponential back-off with jitter (so that a fleet does not come back all at once), capped.</summary>
internal static class Reconnection
{
    /// <summary>Makes the policy.</summary>
    /// <param name="options">Delays.</param>
    /// <param name="time">Clock.</param>
    /// <param name="waiting">Told of each failure and the delay that follows.</param>
    public static ResiliencePipeline Pipeline(LinkOptions options, TimeProvider time, Action<Exception, TimeSpan> waiting)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        return builder.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.FirstDelay,
            MaxDelay = options.LongestDelay,
            ShouldHandle = new PredicateBuilder().Handle<RpcException>().Handle<IOException>().Handle<TimeoutException>().Handle<HttpRequestException>()
                .Handle<FormatException>().Handle<UnauthorizedAccessException>().Handle<ObjectDisposedException>().Handle<LinkException>(),
            OnRetry = attempt =>
            {
                waiting(attempt.Outcome.Exception!, attempt.RetryDelay);
                return default;
            },
        }).Build();
    }
}
