using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Relais.Rpc.Health;

/// <summary>grpc.health.v1 over the application's health checks.</summary>
internal sealed class HealthCheckedService(
    HealthCheckService checks,
    HealthServiceImpl published,
    IOptions<GrpcHealthChecksOptions> options,
    IHostApplicationLifetime lifetime) : Grpc.Health.V1.Health.HealthBase
{
    private readonly GrpcHealthChecksOptions _options = options.Value;

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (_options.UseHealthChecksCache)
            return await published.Check(request, context);
        var status = await RunAsync(request.Service, context.CancellationToken);
        return status == ServingStatus.ServiceUnknown
            ? throw new RpcException(new Status(StatusCode.NotFound, ""))
            : new HealthCheckResponse { Status = status };
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var stopping = _options.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        var writer = _options.UseHealthChecksCache ? responseStream : new FreshFirst(this, request.Service, responseStream, context);
        try
        {
            await published.WatchAsync(request.Service, writer, ending.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            context.Status = new Status(StatusCode.Cancelled, "Health check watch canceled because the server is shutting down.");
        }
    }

    private async Task<ServingStatus> RunAsync(string service, CancellationToken cancellationToken)
    {
        if (_options.Services.Find(service) is not { } mapping)
            return ServingStatus.ServiceUnknown;
        var report = await checks.CheckHealthAsync(
            registration => mapping.HealthCheckPredicate?.Invoke(new HealthCheckMapContext(registration.Name, registration.Tags)) ?? true,
            cancellationToken);
        return HealthPublisher.StatusOf(mapping, report);
    }

    // What was published may be older than the watch, or missing shortly after start.
    private sealed class FreshFirst(HealthCheckedService health, string service, IServerStreamWriter<HealthCheckResponse> inner, ServerCallContext context) : IServerStreamWriter<HealthCheckResponse>
    {
        private ServingStatus? _last;

        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(HealthCheckResponse message) => WriteAsync(message, context.CancellationToken);

        public async Task WriteAsync(HealthCheckResponse message, CancellationToken cancellationToken)
        {
            if (_last is null)
                message.Status = await health.RunAsync(service, context.CancellationToken);
            if (message.Status == _last)
                return;
            _last = message.Status;
            await inner.WriteAsync(message, context.CancellationToken);
        }
    }
}

/// <summary>Feeds the published statuses from the periodic health reports.</summary>
internal sealed class HealthPublisher(HealthServiceImpl published, IOptions<GrpcHealthChecksOptions> options) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
            published.SetStatus(mapping.Name, StatusOf(mapping, report));
        return Task.CompletedTask;
    }

    /// <summary>Not serving when a check of the service is unhealthy; unknown when it has none.</summary>
    public static ServingStatus StatusOf(ServiceMapping mapping, HealthReport report)
    {
        var status = ServingStatus.Unknown;
        foreach (var (name, entry) in report.Entries)
        {
            var chosen = mapping.HealthCheckPredicate is { } before
                ? before(new HealthCheckMapContext(name, entry.Tags))
                : mapping.Predicate!(new HealthResult(name, entry.Tags, entry.Status, entry.Description, entry.Duration, entry.Exception, entry.Data));
            if (!chosen)
                continue;
            if (entry.Status == HealthStatus.Unhealthy)
                return ServingStatus.NotServing;
            status = ServingStatus.Serving;
        }
        return status;
    }
}
