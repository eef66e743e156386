using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>A grpcio client calls this server.</summary>
public sealed class GrpcioClientTests
{
    [Fact]
    public async Task All_four_kinds_carry_messages()
    {
        var result = await PlayAsync("kinds");
        Assert.Equal("bonjour 👋", result.GetProperty("unary").GetString());
        Assert.Equal("a b c", result.GetProperty("collected").GetString());
        Assert.Equal("[0,1,2,3,4]", Compact(result.GetProperty("repeated")));
        Assert.Equal(20, result.GetProperty("conversed").GetArrayLength());
        Assert.Equal("turn 19", result.GetProperty("conversed")[19].GetString());
        Assert.Equal(0, result.GetProperty("empty").GetArrayLength());
    }

    [Fact]
    public async Task Metadata_text_binary_repeated_and_large_comes_back()
    {
        var result = await PlayAsync("metadata");
        var trailers = Pairs(result.GetProperty("trailers"));
        Assert.Equal(["one", "two"], trailers["x-text"].SelectMany(value => value.Split(',')).Select(value => value.Trim()));
        Assert.Contains(Convert.ToBase64String([0, 1, 255]), trailers["x-data-bin"]);
        // The real packages keep the last of several binary values of one name.
        Assert.Equal(Profile.IsMirror ? 2 : 1, trailers["x-data-bin"].Count());
        Assert.Equal(6000, trailers["x-large"].Single().Length);
        Assert.Equal("early", Pairs(result.GetProperty("initial"))["x-initial"].Single());
    }

    [Fact]
    public async Task Status_of_every_code_arrives_with_its_unicode_detail()
    {
        var results = (await PlayAsync("statuses")).GetProperty("results").EnumerateArray().ToList();
        for (var code = 1; code <= 16; code++)
        {
            Assert.Equal(code, results[code - 1].GetProperty("code").GetInt32());
            Assert.Equal($"détail {code} 100% \n fin", results[code - 1].GetProperty("details").GetString());
            Assert.Equal("asked for", Pairs(results[code - 1].GetProperty("trailers"))["x-reason"].Single());
        }
        Assert.Equal((int)StatusCode.Unknown, results[16].GetProperty("code").GetInt32());
        Assert.Equal("Exception was thrown by handler.", results[16].GetProperty("details").GetString());
    }

    [Fact]
    public async Task Rich_status_passes_untouched()
    {
        var result = await PlayAsync("rich");
        Assert.Equal((int)StatusCode.InvalidArgument, result.GetProperty("code").GetInt32());
        var details = Convert.FromBase64String(Pairs(result.GetProperty("trailers"))["grpc-status-details-bin"].Single());
        Assert.Equal(Enumerable.Range(0, 256).Select(value => (byte)value), details);
    }

    [Fact]
    public async Task Failure_after_messages_arrives_in_the_trailers()
    {
        var result = await PlayAsync("streamed_failure");
        Assert.Equal((int)StatusCode.FailedPrecondition, result.GetProperty("code").GetInt32());
        Assert.Equal("[0,1,2]", Compact(result.GetProperty("replies")));
    }

    [Fact]
    public async Task Deadline_reaches_the_handler_and_ends_the_call()
    {
        await using var server = await ProbeServer.StartAsync();
        var result = await Peer.PlayAsync("deadline", Target(server));
        Assert.InRange(int.Parse(Pairs(result.GetProperty("reported"))["x-deadline-in"].Single(), System.Globalization.CultureInfo.InvariantCulture), 1, 30_000);
        Assert.Equal((int)StatusCode.DeadlineExceeded, result.GetProperty("missed").GetProperty("code").GetInt32());
        await server.Log.Cancelled.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Cancel_by_the_client_cancels_the_handler()
    {
        await using var server = await ProbeServer.StartAsync();
        var result = await Peer.PlayAsync("cancel", Target(server));
        Assert.Equal((int)StatusCode.Cancelled, result.GetProperty("code").GetInt32());
        await server.Log.Cancelled.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("compression", "gzip")]
    [InlineData("deflate", "deflate")]
    public async Task Compressed_messages_are_read_and_answered_compressed(string scenario, string encoding)
    {
        await using var server = await ProbeServer.StartAsync(options => options.ResponseCompressionAlgorithm = encoding);
        var result = await Peer.PlayAsync(scenario, Target(server));
        Assert.True(result.GetProperty("same").GetBoolean());
        Assert.Equal(encoding, Pairs(result.GetProperty("trailers"))["x-request-encoding"].Single());
    }

    [Fact]
    public async Task Size_limit_refuses_4_MB_and_more_also_when_compressed()
    {
        var result = await PlayAsync("sizes");
        Assert.Equal(0, result.GetProperty("fits").GetProperty("code").GetInt32());
        Assert.Equal((int)StatusCode.ResourceExhausted, result.GetProperty("too_large").GetProperty("code").GetInt32());
        Assert.Equal(12 * 1024 * 1024, result.GetProperty("reply").GetInt32());
        Assert.Equal((int)StatusCode.ResourceExhausted, result.GetProperty("compressed_too_large").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Unknown_method_and_service_are_unimplemented()
    {
        var result = await PlayAsync("unknown");
        foreach (var what in new[] { "method", "service", "stream" })
            Assert.Equal((int)StatusCode.Unimplemented, result.GetProperty(what).GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Message_that_is_no_protobuf_is_internal_and_the_connection_goes_on()
    {
        var result = await PlayAsync("garbage");
        Profile.AssertStatus(StatusCode.Internal, (StatusCode)result.GetProperty("first").GetProperty("code").GetInt32());
        Assert.Equal("still here", result.GetProperty("after").GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_thousand_streams_are_open_at_once_on_one_connection()
    {
        var result = await PlayAsync("streams");
        Assert.Equal("""{"ok": 1000}""", result.GetRawText());
    }

    [Fact]
    public async Task Parallel_unary_calls_on_one_connection_keep_their_answers()
    {
        var result = await PlayAsync("many");
        Assert.Equal(0, result.GetProperty("bad").GetArrayLength());
    }

    [Fact]
    public async Task Health_is_checked_and_watched()
    {
        var status = HealthStatus.Healthy;
        await using var server = await ProbeServer.StartAsync(
            services: services =>
            {
                services.AddGrpcHealthChecks().AddCheck("probe", () => new HealthCheckResult(status));
                services.Configure<HealthCheckPublisherOptions>(options =>
                {
                    options.Delay = TimeSpan.Zero;
                    options.Period = TimeSpan.FromSeconds(1);
                });
            },
            map: app => app.MapGrpcHealthChecksService());
        await using var peer = Peer.StartClient("health", Target(server));
        await peer.WaitForAsync("watching");
        status = HealthStatus.Unhealthy;
        await peer.WriteLineAsync("go on");
        var result = await peer.ResultAsync();
        Assert.Equal("[1,2]", Compact(result.GetProperty("watched")));
        Assert.Equal(2, result.GetProperty("server").GetInt32());
        Assert.Equal("NOT_FOUND", result.GetProperty("unknown").GetString());
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task Reflection_tells_services_and_their_files(string version)
    {
        await using var server = await ProbeServer.StartAsync(services: services => services.AddGrpcReflection(), map: app => app.MapGrpcReflectionService());
        var result = (await Peer.PlayAsync("reflection", Target(server))).GetProperty(version);
        Assert.Contains("relais.test.v1.Probe", result.GetProperty("services").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("[1,1]", Compact(result.GetProperty("files")));
        Assert.Equal((int)StatusCode.NotFound, result.GetProperty("error").GetInt32());
    }

    [Fact]
    public async Task Tls_with_a_certificate_carries_calls()
    {
        using var certificate = new SelfSigned();
        await using var server = await ProbeServer.StartAsync(certificate: certificate.Certificate);
        var result = await Peer.PlayAsync("kinds", $"localhost:{server.Port}", certificate.CertificatePath);
        Assert.Equal("bonjour 👋", result.GetProperty("unary").GetString());
    }

    private static async Task<JsonElement> PlayAsync(string scenario)
    {
        Peer.Require();
        await using var server = await ProbeServer.StartAsync();
        return await Peer.PlayAsync(scenario, Target(server));
    }

    private static string Target(ProbeServer server) => $"127.0.0.1:{server.Port}";

    private static string Compact(JsonElement element) => element.GetRawText().Replace(" ", "", StringComparison.Ordinal);

    private static ILookup<string, string> Pairs(JsonElement metadata) =>
        metadata.EnumerateArray().ToLookup(pair => pair[0].GetString()!, pair => pair[1].GetString()!);
}
