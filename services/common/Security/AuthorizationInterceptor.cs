using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Calls;
using Relais.Common.Failures;
using Relais.Contracts;

namespace Relais.Common.Security;

/// <summary>
/// Default closed: finds the permission that stands on the proto method, the caller from their token, and lets the call
/// in or not. What it learned is in the scope's <see cref="CallerContext"/>.
/// </summary>
internal sealed class AuthorizationInterceptor(AccessTokens tokens, ITenantDirectory tenants) : CallInterceptor
{
    public const string TenantHeader = "relais-tenant";
    public const string HostHeader = "relais-host";

    // The protocol's own services, which carry no tenant's data: the only methods outside the contracts that answer anybody.
    private static readonly string[] Protocol =
        ["/grpc.health.v1.Health/", "/grpc.reflection.v1.ServerReflection/", "/grpc.reflection.v1alpha.ServerReflection/"];

    protected override async Task<TResult> AroundAsync<TResult>(ServerCallContext context, Func<Task<TResult>> call)
    {
        // Here, since what an async method sets does not reach its caller.
        AmbientTenant.Current = await AuthorizeAsync(context);
        return await call();
    }

    // The tenant to work for.
    private async ValueTask<string?> AuthorizeAsync(ServerCallContext context)
    {
        if (Array.Exists(Protocol, prefix => context.Method.StartsWith(prefix, StringComparison.Ordinal)))
            return null;
        var permission = ContractCatalogue.PermissionOf(context.Method)
            ?? throw Failure.Denied("permission.none", "This method names no permission, so nobody may call it.").ToRpcException();
        var caller = await FindCallerAsync(context, permission);
        context.GetHttpContext().RequestServices.GetRequiredService<CallerContext>().Caller = caller;
        return caller.TenantId;
    }

    private async ValueTask<Caller> FindCallerAsync(ServerCallContext context, string permission)
    {
        var admitted = await tokens.AdmitAsync(context.RequestHeaders.GetValue("authorization"), permission, context.CancellationToken);
        if (admitted.Failure is { } refused)
            throw refused.ToRpcException();
        var named = context.RequestHeaders.GetValue(TenantHeader);
        if (admitted.Value.Kind == CallerKind.Service)
            return admitted.Value with { TenantId = named ?? "" };
        if (admitted.Value.Kind != CallerKind.Anonymous)
            return admitted.Value;
        return Caller.Anonymous(NeedsTenant(context.Method)
            ? await tenants.FindAsync(named, context.RequestHeaders.GetValue(HostHeader), context.CancellationToken)
                ?? throw Failure.NotFound("tenant.unknown", named is { Length: > 0 }
                    ? $"There is no tenant '{named}'. Correct the Relais-Tenant header."
                    : "This platform has several tenants and this host name belongs to none. Name one in the Relais-Tenant header.").ToRpcException()
            : "");
    }

    // Signing in names its tenant in the request; identity's public methods serve every tenant.
    private static bool NeedsTenant(string method) => !method.StartsWith("/relais.identity.", StringComparison.Ordinal);
}
