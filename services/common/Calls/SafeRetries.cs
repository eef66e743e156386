using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Relais.Common.Calls;

/// <summary>
/// Tries a safe call again when its replica did not answer or could not serve: at once at first, since another replica
/// takes it, then with growing pauses, within the call's deadline. Each target has a budget, so that retries do not bury
/// one that is overloaded (gRFC A6, retry throttling).
/// </summary>
public sealed class SafeRetries : Interceptor
{
    private const int MostTokens = 50;
    private const double TokensPerSuccess = 0.2;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);

    private readonly string target;
    private readonly CallsOptions options;
    private readonly TimeProvider clock;
    private readonly Lock one = new();
    private double tokens = MostTokens;

    internal SafeRetries(string target, CallsOptions options, TimeProvider clock)
    {
        this.target = target;
        this.options = options;
        this.clock = clock;
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (!SafeCalls.IsSafe(context.Method.FullName, request))
            return continuation(request, context);
        var headers = new Metadata();
        foreach (var entry in context.Options.Headers ?? [])
            headers.Add(entry);
        headers.Add(SafeCalls.Header, "1");
        var safe = new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers));
        var attempt = new Attempt<TResponse>(continuation(request, safe));
        return new AsyncUnaryCall<TResponse>(
            RunAsync(request, safe, continuation, attempt), attempt.HeadersAsync(), () => attempt.Call.GetStatus(), () => attempt.Call.GetTrailers(), attempt.Dispose);
    }

    private async Task<TResponse> RunAsync<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation, Attempt<TResponse> attempt)
        where TRequest : class
        where TResponse : class
    {
        for (var number = 1; ; number++)
        {
            try
            {
                var answer = await attempt.Call.ResponseAsync;
                attempt.Settle();
                Earn();
                return answer;
            }
            catch (RpcException failure) when (
                failure.StatusCode == StatusCode.Unavailable && number < options.MostAttempts && !attempt.IsDisposed
                && !context.Options.CancellationToken.IsCancellationRequested && !IsLate(context.Options, PauseBefore(number)) && Spend())
            {
                CallsTelemetry.Retries.Add(1, new KeyValuePair<string, object?>("relais.target", target));
            }
            catch
            {
                attempt.Settle();
                throw;
            }

            if (number > 1)
                await Task.Delay(PauseBefore(number), clock, context.Options.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            attempt.Next(continuation(request, context));
        }
    }

    private static TimeSpan PauseBefore(int attempt) => attempt == 1 ? TimeSpan.Zero : FirstPause * (1 << Math.Min(attempt, 6)) * (0.5 + Random.Shared.NextDouble());

    private bool IsLate(CallOptions call, TimeSpan pause) => call.Deadline is { } deadline && clock.GetUtcNow().UtcDateTime + pause >= deadline;

    private void Earn()
    {
        lock (one)
            tokens = Math.Min(MostTokens, tokens + TokensPerSuccess);
    }

    private bool Spend()
    {
        lock (one)
        {
            if (tokens < 1)
                return false;
            tokens--;
            return true;
        }
    }

    /// <summary>The attempt that is under way, or that was the last.</summary>
    private sealed class Attempt<TResponse>(AsyncUnaryCall<TResponse> first) : IDisposable
    {
        private readonly TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public AsyncUnaryCall<TResponse> Call { get; private set; } = first;

        public bool IsDisposed { get; private set; }

        public void Next(AsyncUnaryCall<TResponse> call)
        {
            Call.Dispose();
            Call = call;
            if (IsDisposed)
                call.Dispose();
        }

        public void Settle() => settled.TrySetResult();

        public async Task<Metadata> HeadersAsync()
        {
            await settled.Task;
            return await Call.ResponseHeadersAsync;
        }

        public void Dispose()
        {
            IsDisposed = true;
            Call.Dispose();
        }
    }
}
