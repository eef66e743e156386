using Grpc.Core;
using Grpc.Core.Interceptors;
using Relais.Common.Hosting;
using Relais.Contracts.Identity.V1;

namespace Relais.Common.Security;

/// <summary>The token with which this service calls the others.</summary>
public interface IServiceToken
{
    ValueTask<string> GetAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Identity's token for the client credentials of the platform itself. It is renewed while calls still go out with the one
/// before, so that identity may be away for as long as that is valid; one renewal serves everybody, and takes no longer than
/// its own bound whatever the patience of who asked first.
/// </summary>
internal sealed class ServiceToken(TargetIdentity target, ServiceAddresses addresses, PlatformOptions platform, TimeProvider clock) : IServiceToken
{
    private static readonly TimeSpan LongestRenewal = TimeSpan.FromSeconds(5);

    // Identity being away must not cost every call a try.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock changing = new();
    private Held? held;
    private Task<Held>? renewal;

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        Task<Held> renewing;
        lock (changing)
        {
            var now = clock.GetUtcNow();
            if (held is { } known)
            {
                if (now >= known.RenewAt)
                    Renew();
                if (now < known.ValidUntil)
                    return known.Token;
            }

            renewing = Renew();
        }

        return (await renewing.WaitAsync(cancellationToken)).Token;
    }

    private Task<Held> Renew()
    {
        if (renewal is { IsCompleted: false } underWay)
            return underWay;
        // It is everybody's, and not of the trace or tenant of who asked first.
        using (ExecutionContext.SuppressFlow())
            return renewal = Task.Run(FetchAsync);
    }

    private async Task<Held> FetchAsync()
    {
        try
        {
            var asked = clock.GetUtcNow();
            var identity = new Identity.IdentityClient(addresses.ChannelOf("identity"));
            var answer = await identity.IssueClientTokenAsync(
                new IssueClientTokenRequest { ClientId = PlatformOptions.ServiceClientPrefix + target.Name, ClientSecret = platform.ServiceSecret },
                deadline: asked.Add(LongestRenewal).UtcDateTime);
            // A fifth of its life early, which is how long identity may be away unnoticed.
            var renewed = new Held(answer.AccessToken, asked + TimeSpan.FromSeconds(answer.ExpiresIn * 0.8), asked + TimeSpan.FromSeconds(answer.ExpiresIn));
            lock (changing)
                return held = renewed;
        }
        catch (Exception)
        {
            // Who has no valid token hears of it; the others go on with theirs, and one of them tries again in a moment.
            lock (changing)
                held = held is null ? null : held with { RenewAt = clock.GetUtcNow() + Pause };
            throw;
        }
    }

    private sealed record Held(string Token, DateTimeOffset RenewAt, DateTimeOffset ValidUntil);
}

/// <summary>Adds the service's token and the tenant it works for to a call, and a deadline to a call that has none.</summary>
public sealed class ServiceCredentials(IServiceToken token, TimeProvider clock) : Interceptor
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(5);

    // A deadline may lie further away than a timer goes.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var started = StartAsync();
        return new AsyncUnaryCall<TResponse>(
            ResponseAsync(),
            HeadersAsync(),
            () => started.IsCompletedSuccessfully ? started.Result.GetStatus() : new Status(StatusCode.Unavailable, "The call has not started."),
            () => started.IsCompletedSuccessfully ? started.Result.GetTrailers() : [],
            () =>
            {
                if (started.IsCompletedSuccessfully)
                    started.Result.Dispose();
            });

        async Task<AsyncUnaryCall<TResponse>> StartAsync()
        {
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? [])
                headers.Add(entry);
            var options = context.Options;
            if (options.Deadline is null)
                options = options.WithDeadline(clock.GetUtcNow().Add(DefaultDeadline).UtcDateTime);
            headers.Add("authorization", "Bearer " + await TokenAsync(options));
            if (headers.GetValue(AuthorizationInterceptor.TenantHeader) is null && AmbientTenant.Current is { Length: > 0 } tenant)
                headers.Add(AuthorizationInterceptor.TenantHeader, tenant);
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options.WithHeaders(headers)));
        }

        async Task<TResponse> ResponseAsync() => await (await started).ResponseAsync;

        async Task<Metadata> HeadersAsync() => await (await started).ResponseHeadersAsync;
    }

    // What the call waits for its token is part of its own time.
    private async ValueTask<string> TokenAsync(CallOptions options)
    {
        var asked = token.GetAsync(options.CancellationToken);
        if (asked.IsCompleted)
            return await asked;
        var left = options.Deadline!.Value - clock.GetUtcNow().UtcDateTime;
        try
        {
            return await asked.AsTask().WaitAsync(TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, LongestWait.Ticks)), clock, options.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "Identity did not give this service its token before the call's deadline."));
        }
    }
}

/// <summary>The tenant that the current call or delivery works for, where calls to other services find it.</summary>
internal static class AmbientTenant
{
    private static readonly AsyncLocal<string?> Value = new();

    public static string? Current
    {
        get => Value.Value;
        set => Value.Value = value;
    }
}
