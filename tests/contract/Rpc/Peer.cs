using System.Diagnostics;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Relais.Contract.Rpc.Proto;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>The grpcio of Debian's python3-grpcio: a gRPC implementation that shares no code with this one.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3";
    private static readonly Lazy<bool> Installed = new(HasGrpc);
    private static readonly Lazy<string> Descriptors = new(WriteDescriptors);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private Peer(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Rpc", "peer", script));
        start.ArgumentList.Add(Descriptors.Value);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Skips the test, visibly, on a machine without the peer.</summary>
    public static void Require() =>
        Assert.SkipUnless(Installed.Value, "python3-grpcio is not installed: apt-get install python3-grpcio");

    /// <summary>Plays a scenario of client.py against the server.</summary>
    public static async Task<JsonElement> PlayAsync(string scenario, string target, string? rootCertificate = null)
    {
        await using var peer = StartClient(scenario, target, rootCertificate);
        return await peer.ResultAsync();
    }

    public static Peer StartClient(string scenario, string target, string? rootCertificate = null)
    {
        Require();
        return rootCertificate is null ? new Peer("client.py", target, scenario) : new Peer("client.py", target, scenario, rootCertificate);
    }

    /// <summary>Starts server.py; with a key and certificate it speaks TLS.</summary>
    public static async Task<(Peer Peer, int Port)> StartServerAsync(params string[] keyAndCertificate)
    {
        Require();
        var peer = new Peer("server.py", keyAndCertificate);
        return (peer, int.Parse(await peer.ReadLineAsync(), System.Globalization.CultureInfo.InvariantCulture));
    }

    public async Task<string> ReadLineAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return line ?? throw new InvalidOperationException($"The peer ended: {await _errors}");
    }

    public Task WriteLineAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    public async Task<JsonElement> ResultAsync() => JsonDocument.Parse(await ReadLineAsync()).RootElement;

    /// <summary>Reads what the peer says until it says this.</summary>
    public async Task WaitForAsync(string line)
    {
        while (await ReadLineAsync() != line) { }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private static bool HasGrpc()
    {
        if (!File.Exists(Python))
            return false;
        using var probe = Process.Start(new ProcessStartInfo(Python, ["-c", "import grpc, google.protobuf"]) { RedirectStandardError = true })!;
        probe.WaitForExit();
        return probe.ExitCode == 0;
    }

    private static string WriteDescriptors()
    {
        var set = new FileDescriptorSet();
        foreach (var file in new[] { ProbeReflection.Descriptor, Grpc.Health.V1.HealthReflection.Descriptor, Grpc.Reflection.V1.ReflectionReflection.Descriptor, Grpc.Reflection.V1Alpha.ReflectionReflection.Descriptor })
            set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        var path = Path.Combine(AppContext.BaseDirectory, "Rpc", "peer", "descriptors.binpb");
        var mine = $"{path}.{Environment.ProcessId}";
        File.WriteAllBytes(mine, set.ToByteArray());
        File.Move(mine, path, overwrite: true);
        return path;
    }
}
