using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>The moment when every event has arrived.</summary>
internal static class Settled
{
    /// <summary>The services with an outbox.</summary>
    public static IReadOnlyList<string> Publishers { get; } = ["identity", "knowledge", "channels", "tickets", "routing", "surveys"];

    /// <summary>Waits until no outbox has a row on its way, then reads the figures.</summary>
    public static async Task<JsonObject> WaitAsync(PlatformProcess platform, PublicApi anonymous, CancellationToken cancellationToken)
    {
        while (Publishers.Sum(service => Waiting(platform.Folder, service)) > 0)
            await Task.Delay(100, cancellationToken);
        var administrator = await platform.SignInAsync(anonymous, "administrator", cancellationToken);
        return await administrator.GetAsync("/v1/figures", cancellationToken);
    }

    public static long Waiting(string folder, string service) =>
        Scalar(folder, service, "SELECT COUNT(*) FROM outbox WHERE DeliveredAt IS NULL AND DeadAt IS NULL");

    public static long Scalar(string folder, string service, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, service + ".db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>How often an event was published, as its publisher's outbox tells.</summary>
    public static long Events(string folder, string service, string wireName, string where = "1 = 1") =>
        Scalar(folder, service, $"SELECT COUNT(*) FROM outbox WHERE Name = '{wireName}' AND {where}");

}
