using Microsoft.AspNetCore.Builder;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Features;
using Relais.Identity.Grpc;
using Relais.Identity.Tokens;

namespace Relais.Identity;

/// <summary>Who people are: tenants, staff, machine clients, customers, and the tokens they carry.</summary>
public sealed class IdentityTarget : ServiceTarget
{
    public override string Name => "identity";

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.AddTargetOptions<IdentityOptions>();
        builder.AddServiceDatabase<IdentityDb, SqliteIdentityDb, PostgresIdentityDb>(Name);
        var services = builder.Services;
        services.AddSingleton(provider => new SecretBox(provider.GetRequiredService<IdentityOptions>().ReadMasterKey()));
        services.AddSingleton<KeyRing>();
        services.AddSingleton<IVerificationKeys>(provider => provider.GetRequiredService<KeyRing>());
        services.AddSingleton<Tenants>();
        services.AddSingleton<ITenantDirectory>(provider => provider.GetRequiredService<Tenants>());
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<PasswordWork>();
        services.AddSingleton<AuditLog>();
        services.AddScoped<SessionIssuer>();
        services.AddScoped<CreateSession>();
        services.AddScoped<RefreshSession>();
        services.AddScoped<EndSession>();
        services.AddScoped<IssueClientToken>();
        services.AddScoped<RotateKeys>();
        services.AddScoped<Bootstrap>();
        services.AddScoped<CreateTenant>();
        services.AddScoped<ListTenants>();
        services.AddScoped<CreateStaffMember>();
        services.AddScoped<GetStaffMember>();
        services.AddScoped<ListStaff>();
        services.AddScoped<UpdateStaffMember>();
        services.AddScoped<EnrolTotp>();
        services.AddScoped<ConfirmTotp>();
        services.AddScoped<CreateClient>();
        services.AddScoped<ListClients>();
        services.AddScoped<GetCustomer>();
        services.AddScoped<ListCustomers>();
        services.AddScoped<UpdateCustomer>();
        services.AddScoped<OpenCustomerSession>();
        services.AddScoped<RemoveExpired>();
        services.AddHostedService<Upkeep>();
    }

    public override void Map(WebApplication app) => app.MapGrpcService<IdentityGrpc>();

    public override async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.AsPlatformAsync<RotateKeys>(keys => keys.EnsureAsync(cancellationToken));
        await services.AsPlatformAsync<Bootstrap>(bootstrap => bootstrap.ApplyAsync(cancellationToken));
    }
}
