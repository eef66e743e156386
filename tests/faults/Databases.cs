using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Relais.Faults;

/// <summary>The services' databases, read past the services: files of the embedded mode, or a PostgreSQL.</summary>
internal sealed class Databases(Func<string, DbConnection> open)
{
    /// <summary>The services that have a database, each with an outbox and an inbox.</summary>
    public static IReadOnlyList<string> Services { get; } = ["identity", "knowledge", "channels", "tickets", "routing", "surveys"];

    public static Databases OfFolder(string folder) =>
        new(service => new SqliteConnection($"Data Source={Path.Combine(folder, service + ".db")};Mode=ReadOnly;Pooling=False"));

    public static Databases OfServer(string connectionString) =>
        // A pool would give out connections that a script has cut.
        new(service => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Database = "relais_" + service, Pooling = false }.ToString()));

    /// <summary>The rows of a query that both providers understand; ids in lower case, instants as text that <see cref="Instant"/> reads.</summary>
    public async Task<List<JsonObject>> QueryAsync(string service, string sql, CancellationToken cancellationToken)
    {
        await using var connection = open(service);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<JsonObject>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new JsonObject();
            for (var column = 0; column < reader.FieldCount; column++)
                row[reader.GetName(column)] = reader.IsDBNull(column) ? null : Value(reader.GetName(column), reader.GetValue(column));
            rows.Add(row);
        }

        return rows;
    }

    public async Task<long> CountAsync(string service, string sql, CancellationToken cancellationToken) =>
        (long)(await QueryAsync(service, sql, cancellationToken))[0].First().Value!;

    public static DateTimeOffset? Instant(JsonNode? value) =>
        value is null ? null : DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    /// <summary>A condition on an id, which PostgreSQL keeps as such and SQLite as text.</summary>
    public static string Is(string column, string id) => $"lower(CAST(\"{column}\" AS TEXT)) = '{id}'";

    // SQLite keeps instants as microseconds since 1970, in columns whose names end like these.
    private static JsonNode? Value(string column, object value) => value switch
    {
        Guid id => id.ToString(),
        DateTime at => at.ToString("O", CultureInfo.InvariantCulture),
        long at when column.EndsWith("At", StringComparison.Ordinal) => DateTimeOffset.UnixEpoch.AddMicroseconds(at).ToString("O", CultureInfo.InvariantCulture),
        long number => number,
        int number => (long)number,
        decimal number => (long)number,
        bool flag => flag ? 1L : 0L,
        byte[] => "(bytes)",
        string text when Guid.TryParse(text, out var id) => id.ToString(),
        _ => value.ToString(),
    };
}
