using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Relais.Faults.Scripts;

/// <summary>
/// Reads the outboxes while events come in and publishes every event once more, shuffled and as early as it can: some
/// arrive long after their time, some before their first delivery and before the events that go before them.
/// </summary>
internal sealed class EventsTwice : IFaultScript
{
    public string Name => "events-twice";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var length = scene.IsLong ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(5);
        var seen = Databases.Services.ToDictionary(service => service, _ => 0L);
        var began = Stopwatch.GetTimestamp();
        var repeated = 0;
        while (Stopwatch.GetElapsedTime(began) < length)
        {
            var events = new List<BrokerMessage>();
            foreach (var service in Databases.Services)
            {
                var rows = await scene.Stage.Databases.QueryAsync(service, string.Create(
                    CultureInfo.InvariantCulture, $"SELECT * FROM outbox WHERE \"Position\" > {seen[service]} ORDER BY \"Position\""), cancellationToken);
                if (rows.Count > 0)
                    seen[service] = (long)rows[^1]["Position"]!;
                events.AddRange(rows.Select(Message).Where(message => Effects.TargetsOf(message.Exchange).Any()));
            }

            var shuffled = events.ToArray();
            scene.Random.Shuffle(shuffled);
            await scene.Stage.Broker.PublishAsync(shuffled, cancellationToken);
            repeated += shuffled.Length;
            await Task.Delay(scene.Between(0, 0.1), cancellationToken);
        }

        if (repeated == 0)
            throw new FaultException("no event was published again");
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"{repeated} events published again, out of order"));
    }

    private static BrokerMessage Message(JsonObject row)
    {
        var (id, @event, tenant, key) = (Text("Id"), Text("Name"), Text("TenantId"), Text("Key"));
        return new BrokerMessage(
            @event!, id!, EventHeaders.Of(@event!, tenant!, key!, Databases.Instant(row["OccurredAt"])!.Value, Text("TraceParent")), Text("Payload")!);

        string? Text(string column) => (string?)row[column];
    }
}
