using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Relais.Faults;

/// <summary>The moment when every event has had its effect and nothing is on its way.</summary>
internal static class Settled
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until nothing is on its way any more.</summary>
    /// <returns>What still is after the time; empty when all has arrived.</returns>
    public static async Task<IReadOnlyList<string>> WaitAsync(
        Databases databases, Func<CancellationToken, Task<IReadOnlyList<string>>>? queues, TimeSpan longest, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            List<string> left =
            [
                .. await OutboxesAsync(databases, cancellationToken),
                .. queues is null ? [] : await queues(cancellationToken),
            ];
            // The last look costs the most.
            if (left.Count == 0)
                left.AddRange((await EffectsAsync(databases, cancellationToken)).Missing.Select(missing => missing.Text));
            if (left.Count == 0 || Stopwatch.GetElapsedTime(began) > longest)
                return [.. left.Select(what => string.Create(CultureInfo.InvariantCulture, $"after {longest.TotalSeconds:0} s {what}"))];
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Compares the outboxes with the inboxes.</summary>
    /// <returns>How many effects there must be, and the events that lack one.</returns>
    public static async Task<(long Expected, List<(string Text, string Key)> Missing)> EffectsAsync(Databases databases, CancellationToken cancellationToken)
    {
        var dealtWith = new HashSet<(string Service, string Consumer, string MessageId)>();
        foreach (var service in Databases.Services)
        {
            foreach (var row in await databases.QueryAsync(service, "SELECT \"MessageId\", \"Consumer\" FROM inbox", cancellationToken))
                dealtWith.Add((service, (string)row["Consumer"]!, (string)row["MessageId"]!));
        }

        var missing = new List<(string, string)>();
        var expected = 0L;
        foreach (var service in Databases.Services)
        {
            foreach (var row in await databases.QueryAsync(service, "SELECT \"Id\", \"Name\", \"Key\", \"Payload\" FROM outbox ORDER BY \"Position\"", cancellationToken))
            {
                var toPerson = ((string)row["Payload"]!).Contains("\"ticketId\":\"", StringComparison.Ordinal);
                foreach (var (target, consumer) in Effects.Of((string)row["Name"]!, toPerson))
                {
                    expected++;
                    if (!dealtWith.Contains((target, consumer, (string)row["Id"]!)))
                        missing.Add(($"{row["Name"]} {row["Id"]} of {row["Key"]} has had no effect at {target}/{consumer}", (string)row["Key"]!));
                }
            }
        }

        return (expected, missing);
    }

    private static async Task<List<string>> OutboxesAsync(Databases databases, CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var service in Databases.Services)
        {
            var waiting = await databases.QueryAsync(
                service, "SELECT * FROM outbox WHERE \"DeliveredAt\" IS NULL AND \"DeadAt\" IS NULL ORDER BY \"Position\"", cancellationToken);
            if (waiting.Count > 0)
                left.Add($"{service} has {waiting.Count} events on their way; the first is {Brief(waiting[0])}");
        }

        return left;
    }

    private static string Brief(JsonObject row) => new JsonObject(row.Where(column => column.Key != "Payload").Select(column => KeyValuePair.Create(column.Key, column.Value?.DeepClone()))).ToJsonString();
}
