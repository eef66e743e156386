using Relais.Common.Hosting;
using Relais.Gateway.GrpcFace;
using Relais.Gateway.JsonFace;
using Relais.Gateway.OAuth;

namespace Relais.Gateway;

/// <summary>The platform's public face: JSON, gRPC, machine sign-in and the documentation.</summary>
public sealed class GatewayTarget : ServiceTarget
{
    public override string Name => "gateway";

    public override IReadOnlyList<string> Needs => ["identity", "knowledge", "channels", "tickets", "routing", "surveys"];

    public override bool IsPublic => true;

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.AddTargetOptions<GatewayOptions>();
        builder.Services.AddHttpForwarder();
        builder.Services.AddCors();
        builder.Services.AddSingleton<ServiceChannels>();
        builder.Services.AddSingleton<ClientAddress>();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<RequestReader>();
        builder.Services.AddSingleton<JsonCalls>();
        builder.Services.AddSingleton<TokenEndpoint>();
        builder.Services.AddSingleton(provider => GrpcRoutes.OfContracts(provider.GetRequiredService<GatewayOptions>()));
        builder.Services.AddSingleton<GrpcPassThrough>();
        builder.Services.AddSingleton<PublicFace>();
    }

    public override void Map(WebApplication app)
    {
        var options = app.Services.GetRequiredService<GatewayOptions>();
        app.Use(SecurityHeaders.SetAsync);
        if (options.AllowedOrigins.Count > 0)
        {
            app.UseCors(policy => policy
                .WithOrigins([.. options.AllowedOrigins])
                .AllowAnyMethod()
                .AllowAnyHeader()
                .WithExposedHeaders("ETag", "Retry-After", "WWW-Authenticate"));
        }

        DocumentationPage.Map(app);
        // It calls other targets, whose addresses may be known only when they have started.
        app.Use((context, next) => app.Services.GetRequiredService<PublicFace>().InvokeAsync(context, next));
    }

    /// <exception cref="InvalidOperationException">The configuration does not say where a target is.</exception>
    public override Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        foreach (var target in Needs)
            services.GetRequiredService<ServiceAddresses>().Of(target);
        return Task.CompletedTask;
    }
}
