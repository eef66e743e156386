using System.Text.Json.Nodes;

namespace Relais.Faults;

/// <summary>Everything that the databases know of one conversation and its ticket.</summary>
internal static class History
{
    public static async Task<JsonObject> OfAsync(Databases databases, string conversationId, string? ticketId, CancellationToken cancellationToken)
    {
        var history = new JsonObject
        {
            ["messages"] = await RowsAsync("channels", $"SELECT * FROM messages WHERE {Databases.Is("ConversationId", conversationId)} ORDER BY \"Sequence\""),
        };
        if (ticketId is not null)
        {
            history["ticket"] = await RowsAsync("tickets", $"SELECT * FROM tickets WHERE {Databases.Is("Id", ticketId)}");
            history["ticketAudit"] = await RowsAsync("tickets", $"SELECT * FROM ticket_audit WHERE {Databases.Is("TicketId", ticketId)} ORDER BY \"At\"");
            history["workItem"] = await RowsAsync("routing", $"SELECT * FROM work_items WHERE {Databases.Is("Id", ticketId)}");
            history["offers"] = await RowsAsync("routing", $"SELECT * FROM offers WHERE {Databases.Is("ItemId", ticketId)} ORDER BY \"OfferedAt\"");
            history["decisions"] = await RowsAsync("routing", $"SELECT * FROM decisions WHERE {Databases.Is("ItemId", ticketId)} ORDER BY \"At\", \"Ordinal\"");
            history["surveys"] = await RowsAsync("surveys", $"SELECT * FROM surveys WHERE {Databases.Is("TicketId", ticketId)}");
        }

        var outbox = new JsonObject();
        var inbox = new JsonObject();
        var ids = new List<string>();
        foreach (var service in Databases.Services)
        {
            var rows = await databases.QueryAsync(service, $"SELECT * FROM outbox WHERE \"Key\" IN ('{conversationId}', '{ticketId}') ORDER BY \"Position\"", cancellationToken);
            ids.AddRange(rows.Select(row => (string)row["Id"]!));
            if (rows.Count > 0)
                outbox[service] = new JsonArray([.. rows]);
        }

        foreach (var service in ids.Count > 0 ? Databases.Services : [])
        {
            var rows = await databases.QueryAsync(
                service, $"SELECT * FROM inbox WHERE lower(CAST(\"MessageId\" AS TEXT)) IN ('{string.Join("', '", ids)}')", cancellationToken);
            if (rows.Count > 0)
                inbox[service] = new JsonArray([.. rows]);
        }

        history["outbox"] = outbox;
        history["inbox"] = inbox;
        return history;

        async Task<JsonArray> RowsAsync(string service, string sql) => [.. await databases.QueryAsync(service, sql, cancellationToken)];
    }
}
