using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Relais.Tests;

/// <summary>A process of the platform, as the launcher lists it.</summary>
internal sealed record TargetReplica(string Target, int Replica, int ProcessId, Uri Grpc, Uri Http)
{
    public string Name => NameOf(Target, Replica);

    public bool IsRunning => Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{ProcessId}"));

    public static string NameOf(string target, int replica) => string.Create(CultureInfo.InvariantCulture, $"{target}/{replica}");

    /// <summary>Those that the launcher started last; none while it has not started any. One may have ended since.</summary>
    public static IReadOnlyList<TargetReplica> Read(string folder)
    {
        try
        {
            var file = Path.Combine(folder, "processes.json");
            return !File.Exists(file) ? [] :
            [
                .. JsonNode.Parse(File.ReadAllText(file))!["processes"]!.AsArray().Where(entry => entry!["processId"] is not null).Select(entry => new TargetReplica(
                    (string)entry!["target"]!, (int)entry["replica"]!, (int)entry["processId"]!, new Uri((string)entry["grpc"]!), new Uri((string)entry["http"]!))),
            ];
        }
        catch (Exception halfWritten) when (halfWritten is IOException or JsonException)
        {
            // The launcher writes it just now.
            return [];
        }
    }

    /// <summary>Sends it a signal.</summary>
    public Task SignalAsync(string signal) => PlatformProcess.SignalAsync(signal, ProcessId);
}
