using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Relais.Common.Data;

namespace Relais.Common.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers; when it does not, restart it. <c>/health/ready</c>: send it work; it is not
/// ready while it starts, drains, or cannot reach its database.
/// </summary>
internal static class Health
{
    public const string ReadyTag = "ready";

    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Started>();
        var checks = builder.Services.AddGrpcHealthChecks(options =>
            options.Services.Map("", check => check.Tags.Contains(ReadyTag)));
        checks.AddCheck<Started>("started", tags: [ReadyTag]);
        if (builder.Services.Any(service => service.ServiceType == typeof(IDatabase)))
        {
            builder.Services.AddSingleton<DatabaseCheck>();
            checks.AddCheck<DatabaseCheck>("database", tags: [ReadyTag]);
        }

        // The publisher feeds grpc.health.v1; its first round must not wait for the default 5 s.
        builder.Services.Configure<HealthCheckPublisherOptions>(options =>
        {
            options.Delay = TimeSpan.Zero;
            options.Period = TimeSpan.FromSeconds(5);
        });
    }

    public static void Map(WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag), ResponseWriter = WriteAsync });
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status.ToString());
            if (entry.Description is { } description)
                json.WriteString("description", description);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    internal sealed class Started(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("draining")
                : lifetime.ApplicationStarted.IsCancellationRequested
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("starting"));
    }

    // Many ask: an orchestrator, balancers, and each target that waits for an answer. They share one look at the database;
    // one that lasts, since the server hangs or all connections are in use, changes nothing before it ends.
    private sealed class DatabaseCheck(IDatabase database, TimeProvider clock) : IHealthCheck
    {
        private static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);

        // Less than those who ask wait for an answer (CallsOptions.ProbeTimeout).
        private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

        private readonly Lock one = new();
        private Task look = Task.CompletedTask;
        private long lookedAt;
        private volatile bool answers;

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            await Task.WhenAny(Look(), Task.Delay(Patience, clock, cancellationToken));
            return answers ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("the database does not answer");
        }

        private Task Look()
        {
            lock (one)
            {
                if (look.IsCompleted && (lookedAt == 0 || clock.GetElapsedTime(lookedAt) >= Kept))
                {
                    lookedAt = clock.GetTimestamp();
                    look = LookAsync();
                }

                return look;
            }
        }

        private async Task LookAsync()
        {
            var reached = false;
            try
            {
                reached = await database.IsReachableAsync(CancellationToken.None);
            }
            finally
            {
                answers = reached;
            }
        }
    }
}
