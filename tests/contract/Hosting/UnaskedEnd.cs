using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Hosting;

namespace Relais.Contract.Hosting;

/// <summary>A target whose own work fails is no process that only looks alive.</summary>
public sealed class UnaskedEnd
{
    [Fact]
    public async Task Target_whose_work_fails_for_good_ends_its_process_with_a_code_and_says_why()
    {
        var log = new LogLines();
        Assert.Equal(TargetProgram.EndedUnasked, await RunAsync(log, "http://127.0.0.1:0"));
        Assert.Contains(FailingTarget.Reason, Assert.Single(log.Lines, line => line.Event == "BackgroundServiceStoppingHost").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Target_whose_address_is_taken_ends_its_process_with_a_code()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        Assert.Equal(1, await RunAsync(new LogLines(), $"http://{taken.LocalEndpoint}"));
    }

    private static Task<int> RunAsync(LogLines log, string http) => TargetProgram.RunAsync(
        new FailingTarget(log),
        ["--Listen:Grpc=http://127.0.0.1:0", "--Listen:Http=" + http, "--Platform:ServiceSecret=" + new string('s', 32), "--Logging:LogLevel:Default=None"])
        .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    private sealed class FailingTarget(LogLines log) : ServiceTarget
    {
        public const string Reason = "Its work fails on purpose.";

        public override string Name => "failing";

        public override void Configure(WebApplicationBuilder builder)
        {
            builder.Logging.ClearProviders().AddProvider(log);
            builder.Services.AddHostedService<Work>();
        }

        public override void Map(WebApplication app)
        {
        }

        private sealed class Work(IHostApplicationLifetime lifetime) : BackgroundService
        {
            protected override async Task ExecuteAsync(CancellationToken stoppingToken)
            {
                var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using (lifetime.ApplicationStarted.Register(started.SetResult))
                    await started.Task.WaitAsync(stoppingToken);
                throw new InvalidOperationException(Reason);
            }
        }
    }
}
