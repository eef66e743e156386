using System.Net;
using Microsoft.AspNetCore.Builder;
using Relais.Common.Hosting;

namespace Relais.Contract.Hosting;

/// <summary>A target that is asked to end refuses nobody before its balancer can know.</summary>
public sealed class DrainDelay
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Target_that_drains_says_so_to_new_connections_for_the_delay_and_then_listens_no_more()
    {
        var problems = new List<(string Target, string Problem)>();
        await using var host = TargetHost.Build(new Idle(), Arguments("00:00:03"), null, null, problems);
        Assert.Empty(problems);
        await host!.StartAsync(Stop);
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(host));

        var stopping = host.StopAsync(Stop);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(host));
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => ReadyAsync(host));
    }

    [Fact]
    public void Delay_longer_than_anybody_waits_is_refused()
    {
        var problems = new List<(string Target, string Problem)>();
        Assert.Null(TargetHost.Build(new Idle(), Arguments("00:02:00"), null, null, problems));
        Assert.Equal("Listen: DrainDelay must be from 0 to 60 s; it is '00:02:00'.", Assert.Single(problems).Problem);
    }

    private static string[] Arguments(string delay) =>
        ["--Listen:Grpc=http://127.0.0.1:0", "--Listen:Http=http://127.0.0.1:0", "--Platform:ServiceSecret=" + new string('s', 32), "--Logging:LogLevel:Default=None", "--Listen:DrainDelay=" + delay];

    // A connection of its own for each.
    private static async Task<HttpStatusCode> ReadyAsync(TargetHost host)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(host.HttpAddress, "/health/ready"), Stop);
        return answer.StatusCode;
    }

    private sealed class Idle : ServiceTarget
    {
        public override string Name => "idle";

        public override void Configure(WebApplicationBuilder builder)
        {
        }

        public override void Map(WebApplication app)
        {
        }
    }
}
