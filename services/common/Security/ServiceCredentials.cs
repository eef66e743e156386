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

/// <summary>Identity's token for the client credentials of the platform itself.</summary>
internal sealed class ServiceToken(TargetIdentity target, ServiceAddresses addresses, PlatformOptions platform, TimeProvider clock) : IServiceToken, IDisposable
{
    private readonly SemaphoreSlim one = new(1, 1);
    private string token = "";
    private DateTimeOffset until = DateTimeOffset.MinValue;

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() < until)
            return token;
        await one.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() < until)
                return token;
            var identity = new Identity.IdentityClient(addresses.ChannelOf("identity"));
            var answer = await identity.IssueClientTokenAsync(
                new IssueClientTokenRequest { ClientId = PlatformOptions.ServiceClientPrefix + target.Name, ClientSecret = platform.ServiceSecret },
                deadline: clock.GetUtcNow().AddSeconds(5).UtcDateTime,
                cancellationToken: cancellationToken);
            token = answer.AccessToken;
            // A fifth of its life early, so that no call leaves with a token that expires on the way.
            until = clock.GetUtcNow() + TimeSpan.FromSeconds(answer.ExpiresIn * 0.8);
            return token;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}

/// <summary>Adds the service's token and the tenant it works for to a call, and a deadline to a call that has none.</summary>
public sealed class ServiceCredentials(IServiceToken token, TimeProvider clock) : Interceptor
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(5);

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
            headers.Add("authorization", "Bearer " + await token.GetAsync(context.Options.CancellationToken));
            if (headers.GetValue(AuthorizationInterceptor.TenantHeader) is null && AmbientTenant.Current is { Length: > 0 } tenant)
                headers.Add(AuthorizationInterceptor.TenantHeader, tenant);
            var options = context.Options.WithHeaders(headers);
            if (options.Deadline is null)
                options = options.WithDeadline(clock.GetUtcNow().Add(DefaultDeadline).UtcDateTime);
            return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options));
        }

        async Task<TResponse> ResponseAsync() => await (await started).ResponseAsync;

        async Task<Metadata> HeadersAsync() => await (await started).ResponseHeadersAsync;
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
