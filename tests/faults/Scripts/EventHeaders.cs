using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>What stands beside an event's JSON in the broker.</summary>
internal static class EventHeaders
{
    public static Dictionary<string, string> Of(string name, string tenant, string key, DateTimeOffset occurredAt, string? trace)
    {
        var headers = new Dictionary<string, string>
        {
            ["relais-event"] = name,
            ["relais-key"] = key,
            ["relais-tenant"] = tenant,
            ["relais-occurred-at"] = occurredAt.ToString("O", CultureInfo.InvariantCulture),
        };
        if (trace is not null)
            headers["traceparent"] = trace;
        return headers;
    }
}
