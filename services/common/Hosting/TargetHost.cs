using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Relais.Common.Calls;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Common.Metrics;
using Relais.Common.Security;
using Relais.Contracts.Identity.V1;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Relais.Common.Hosting;

/// <summary>One target with its own web application and container, built the same way however it runs.</summary>
public sealed class TargetHost : IAsyncDisposable
{
    /// <summary>After this, requests that are still under way are cut off.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(25);

    private readonly WebApplication app;
    private readonly ServiceTarget target;
    private readonly Endpoints endpoints;

    private TargetHost(ServiceTarget target, WebApplication app, Endpoints endpoints)
    {
        this.target = target;
        this.app = app;
        this.endpoints = endpoints;
    }

    public string Name => target.Name;

    public IServiceProvider Services => app.Services;

    /// <summary>Where the target speaks gRPC; known once it has started.</summary>
    public Uri GrpcAddress => endpoints.Address(endpoints.Grpc);

    /// <summary>Where the target speaks HTTP; known once it has started.</summary>
    public Uri HttpAddress => endpoints.Address(endpoints.Http);

    /// <summary>Cancelled when the target begins to end: it is stopped, or something that must run all the time has failed.</summary>
    public CancellationToken Stopping => app.Lifetime.ApplicationStopping;

    /// <summary>Builds a target without starting it.</summary>
    /// <param name="settings">Configuration that goes before files, environment and arguments.</param>
    /// <param name="dispatcher">What carries events between the targets of one process, where no broker is configured; null for a target that is alone.</param>
    /// <param name="problems">Takes what is wrong with the configuration; a host with problems is null.</param>
    public static TargetHost? Build(
        ServiceTarget target, string[] args, IConfiguration? settings, LocalDispatcher? dispatcher, ICollection<(string Target, string Problem)> problems)
    {
        var builder = CreateBuilder(target, args, settings);
        var listen = builder.AddTargetOptions<ListenOptions>();
        builder.AddTargetOptions<PlatformOptions>();
        builder.AddTargetOptions<MessagingOptions>();
        builder.AddTargetOptions<CallsOptions>();
        builder.AddTargetOptions<MetricsOptions>();
        builder.Services.AddSingleton(new TargetIdentity(target.Name));
        builder.AddCoordination();
        builder.Services.AddSingleton<ServiceAddresses>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = LongestDrain);
        builder.Services.AddSingleton<IHostLifetime, RunnersLifetime>();
        var before = builder.Services.Count;
        target.Configure(builder);
        builder.AddEventTransport(dispatcher, before);
        AddSecurity(builder);
        Health.Add(builder);
        var report = ConfigurationReport.Of(builder);
        foreach (var line in report.Lines)
            problems.Add((target.Name, line));
        if (report.Lines.Count > 0)
            return null;
        MetricsPage.Start();
        var endpoints = new Endpoints();
        builder.WebHost.ConfigureKestrel(kestrel => endpoints.Configure(kestrel, listen));
        var app = builder.Build();
        if (app.Services.GetService<IEventTransport>() is { } transport)
        {
            foreach (var subscription in app.Services.GetServices<Subscription>())
                transport.Subscribe(subscription);
        }

        Health.Map(app);
        MetricsPage.Map(app, target);
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        if (app.Services.GetServices<IDeadLetterStore>().Any())
            app.MapGrpcService<DeadLettersGrpc>();
        target.Map(app);
        return new TargetHost(target, app, endpoints);
    }

    /// <summary>Brings the database to this version, fills memory, then accepts requests.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (app.Services.GetService<IDatabase>() is { } database)
            await database.PrepareAsync(cancellationToken);
        await target.PrepareAsync(app.Services, cancellationToken);
        await app.StartAsync(cancellationToken);
        app.Services.GetRequiredService<TargetIdentity>().ListensAt(endpoints.Advertised(app.Services.GetRequiredService<ListenOptions>()));
    }

    /// <summary>Says that it drains, for <see cref="ListenOptions.DrainDelay"/>; then stops accepting, lets what is under way finish, closes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        app.Lifetime.StopApplication();
        await Task.Delay(app.Services.GetRequiredService<ListenOptions>().DrainDelay, cancellationToken);
        await app.StopAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    internal static WebApplicationBuilder CreateBuilder(ServiceTarget target, string[] args, IConfiguration? settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // Watching for changed settings means watching every file below, the databases among them.
            Args = ["--hostBuilder:reloadConfigOnChange=false", .. args],
            ApplicationName = "Relais." + target.Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        if (settings is not null)
            builder.Configuration.AddConfiguration(settings);
        AddLogging(builder);
        return builder;
    }

    private static void AddLogging(WebApplicationBuilder builder)
    {
        builder.Logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        // The builder's own choice goes before the configuration's.
        if (builder.Configuration["Logging:Console:FormatterName"] is { } formatter)
            builder.Services.Configure<ConsoleLoggerOptions>(console => console.FormatterName = formatter);
        else
            builder.Logging.AddJsonConsole(console => console.IncludeScopes = true);
        builder.Logging.AddConsoleFormatter<ReadableLog, ConsoleFormatterOptions>();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        // It tells of each attempt to reach the broker; the transport tells when the broker goes and comes.
        builder.Logging.AddFilter("MassTransit", LogLevel.None);
        // It reports at each look that a target still starts or already drains; readiness says so already.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);
        // Who starts the host hears why it does not start; why it ends by itself is told here alone.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // The drain takes its time on purpose, and its report is the host's own.
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
    }

    private static void AddSecurity(WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<TimeProvider>(StorableClock.Instance);
        builder.Services.AddScoped<CallerContext>();
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddSingleton<AuthorizationInterceptor>();
        builder.Services.TryAddSingleton<IServiceToken, ServiceToken>();
        builder.Services.AddSingleton<ServiceCredentials>();
        builder.AddServiceClient<Identity.IdentityClient>("identity");
        builder.Services.TryAddSingleton<IVerificationKeys, RemoteKeys>();
        builder.Services.TryAddSingleton<ITenantDirectory, RemoteTenants>();
        builder.Services.AddSingleton<CallMetrics>();
        builder.Services.AddSingleton<DatabaseFailureInterceptor>();
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<CallMetrics>();
            options.Interceptors.Add<DatabaseFailureInterceptor>();
            options.Interceptors.Add<AuthorizationInterceptor>();
        });
        builder.Services.AddGrpcReflection();
    }

    // Whoever runs the targets of a process hears its signals and stops them in order (ShutdownSignals).
    private sealed class RunnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Endpoints
    {
        private bool secure;

        public KestrelListenOptions? Grpc { get; private set; }

        public KestrelListenOptions? Http { get; private set; }

        public void Configure(KestrelServerOptions kestrel, ListenOptions listen)
        {
            secure = listen.CertificateFile.Length > 0;
            kestrel.AddServerHeader = false;
            Listen(kestrel, new Uri(listen.Grpc), listen, options =>
            {
                Grpc = options;
                options.Protocols = HttpProtocols.Http2;
            });
            Listen(kestrel, new Uri(listen.Http), listen, options =>
            {
                Http = options;
                options.Protocols = secure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
            });
        }

        public Uri Address(KestrelListenOptions? options) => options?.IPEndPoint is { } at
            ? new UriBuilder(secure ? "https" : "http", at.Address.Equals(IPAddress.IPv6Any) || at.Address.Equals(IPAddress.Any) ? "localhost" : at.Address.ToString(), at.Port).Uri
            : throw new InvalidOperationException("The target has not started.");

        /// <summary>What others of this target are told: what the options say, else where it listens; every address is the first that the machine's name stands for.</summary>
        public Uri Advertised(ListenOptions listen)
        {
            if (listen.Advertised.Length > 0)
                return new Uri(listen.Advertised);
            var address = Address(Grpc);
            if (Grpc!.IPEndPoint!.Address is var at && !at.Equals(IPAddress.IPv6Any) && !at.Equals(IPAddress.Any))
                return address;
            var own = Array.Find(Dns.GetHostAddresses(Dns.GetHostName()), candidate => !IPAddress.IsLoopback(candidate));
            return own is null ? address : new UriBuilder(address) { Host = own.ToString() }.Uri;
        }

        private static void Listen(KestrelServerOptions kestrel, Uri address, ListenOptions listen, Action<KestrelListenOptions> configure)
        {
            void Apply(KestrelListenOptions options)
            {
                configure(options);
                if (listen.CertificateFile.Length > 0)
                    options.UseHttps(X509Certificate2.CreateFromPemFile(listen.CertificateFile, listen.CertificateKeyFile));
            }

            if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
                kestrel.Listen(ip, address.Port, Apply);
            else if (address.IsLoopback)
                kestrel.Listen(IPAddress.Loopback, address.Port, Apply);
            else
                kestrel.ListenAnyIP(address.Port, Apply);
        }
    }
}
