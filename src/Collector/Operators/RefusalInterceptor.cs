using Grpc.Core;
using Grpc.Core.Interceptors;

namespace EdgeFleet.Collector.Operators;

/// <summary>Turns refusals into the status of the call, and failures of the collector into a status that tells no secrets.</summary>
internal sealed partial class RefusalInterceptor(ILogger<RefusalInterceptor> log) : Interceptor
{
    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => continuation(request, context), context);

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => VoidAsync(continuation(request, responseStream, context)), context);

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => VoidAsync(continuation(requestStream, responseStream, context)), context);

    private static async Task<bool> VoidAsync(Task call)
    {
        await call;
        return true;
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> call, ServerCallContext context)
    {
        try
        {
            return await call();
        }
        catch (RequestException refusal)
        {
            throw new RpcException(new Status(refusal.Code, refusal.Message));
        }
        catch (RpcException)
        {
            throw;
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
        }
        catch (IOException error) when (error is Microsoft.AspNetCore.Connections.ConnectionResetException || error.Message.Contains("reset the request stream", StringComparison.Ordinal))
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The client ended the call."));
        }
        catch (Exception error) when (error is IOException or Microsoft.Data.Sqlite.SqliteException)
        {
            LogFailed(error, context.Method);
            throw new RpcException(new Status(StatusCode.Unavailable, "The collector's storage failed; look at its log, and try again."));
        }
    }

    [LoggerMessage(1601, LogLevel.Error, "Storage failed in {Method}.")]
    private partial void LogFailed(Exception error, string method);
}
