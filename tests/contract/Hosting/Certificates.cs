using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Relais.AppHost.Demo;
using Relais.AppHost.Embedded;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Rpc;
using Relais.Tickets;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Contract.Hosting;

/// <summary>Targets with a certificate: both endpoints speak TLS, to clients and to each other.</summary>
public sealed class Certificates : IDisposable
{
    private readonly SelfSigned certificate = new();
    private readonly string folder = Directory.CreateTempSubdirectory("relais-certificates-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        certificate.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Target_with_a_certificate_answers_gRPC_and_HTTPS_and_nothing_in_the_clear()
    {
        var problems = new List<(string, string)>();
        var settings = Listen();
        settings["ConnectionStrings:tickets"] = $"Data Source={folder}/tickets.db";
        settings["Platform:ServiceSecret"] = new('s', 32);
        settings["services:identity:grpc:0"] = "https://127.0.0.1:1";
        settings["Logging:LogLevel:Default"] = "None";
        await using var host = TargetHost.Build(
            new TicketsTarget(), [], new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), new LocalDispatcher(), problems);
        Assert.Empty(problems);
        await host!.StartAsync(Stop);
        Assert.Equal(("https", "https"), (host.GrpcAddress.Scheme, host.HttpAddress.Scheme));

        using var http = new HttpClient(Trusting());
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(host.HttpAddress, "/health/live"), Stop)).StatusCode);
        using var second = new HttpRequestMessage(HttpMethod.Get, new Uri(host.HttpAddress, "/health/live")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.Equal(HttpVersion.Version20, (await http.SendAsync(second, Stop)).Version);
        using (var channel = GrpcChannel.ForAddress(host.GrpcAddress, new GrpcChannelOptions { HttpHandler = Trusting(), DisposeHttpClient = true }))
        {
            // It got as far as the token check.
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await new Proto.Tickets.TicketsClient(channel).ListTicketsAsync(new Proto.ListTicketsRequest(), cancellationToken: Stop));
            Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        }

        using var untrusting = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => untrusting.GetAsync(new Uri(host.HttpAddress, "/health/live"), Stop));
        await Assert.ThrowsAsync<HttpRequestException>(() => untrusting.GetAsync(new UriBuilder(host.HttpAddress) { Scheme = "http" }.Uri, Stop));
        await host.StopAsync(Stop);
    }

    [Fact]
    public async Task Platform_with_certificates_carries_a_question_from_the_public_face_through_its_services()
    {
        using var data = new DataFolder(Path.Combine(folder, "data"));
        var settings = DemoTenant.Settings(data);
        foreach (var (key, value) in Listen())
            settings[key] = value;
        settings["Logging:LogLevel:Default"] = "None";
        await using var platform = await EmbeddedPlatform.StartAsync(data, 0, settings, Stop);
        Assert.Equal("https", platform.Address.Scheme);
        using var http = new HttpClient(Trusting()) { BaseAddress = platform.Address };
        // The gateway calls channels, channels calls identity, and both fetch identity's keys: each over TLS.
        var opened = await (await http.PostAsJsonAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat", ["locale"] = "en", ["customer"] = new JsonObject { ["displayName"] = "Martin Hale" },
        }, Stop)).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>(Stop);
        http.DefaultRequestHeaders.Authorization = new("Bearer", (string)opened!["accessToken"]!);
        var conversation = (string)opened["conversation"]!["id"]!;
        (await http.PostAsJsonAsync($"/v1/conversations/{conversation}/messages", new JsonObject { ["text"] = "Why is my bill so high?" }, Stop)).EnsureSuccessStatusCode();
        // The assistant has asked knowledge.
        var read = await http.GetFromJsonAsync<JsonObject>($"/v1/conversations/{conversation}/messages?afterSequence=1&waitSeconds=20", Stop);
        Assert.Equal("ASSISTANT", (string)read!["messages"]!.AsArray()[0]!["author"]!);
        await platform.StopAsync(Stop);
    }

    private Dictionary<string, string?> Listen() => new()
    {
        ["Listen:CertificateFile"] = certificate.CertificatePath,
        ["Listen:CertificateKeyFile"] = certificate.KeyPath,
        ["Listen:AuthorityFile"] = certificate.CertificatePath,
    };

    private SocketsHttpHandler Trusting()
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate.Certificate);
        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }
}
