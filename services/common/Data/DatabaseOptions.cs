using Relais.Common.Hosting;

namespace Relais.Common.Data;

/// <summary>How a target uses its PostgreSQL. What the connection string says itself goes before.</summary>
public sealed class DatabaseOptions : ITargetOptions
{
    public static string Section => "Database";

    /// <summary>
    /// Connections one process keeps at most. Six targets with two replicas of eight each are 96, which a PostgreSQL with
    /// its preset max_connections of 100 can serve.
    /// </summary>
    public int MostConnections { get; set; } = 8;

    /// <summary>How long a request waits for a free connection, or for the server to take a new one.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest one statement may take.</summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After this a transaction that does nothing is ended by the server, and with it its locks: its process may have been
    /// stopped or cut off.
    /// </summary>
    public TimeSpan IdleTransactionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a start waits for a database that does not answer yet.</summary>
    public TimeSpan StartPatience { get; set; } = TimeSpan.FromSeconds(60);

    public IEnumerable<string> Problems()
    {
        // One for the unit of work and one for the relay.
        if (MostConnections is < 2 or > 1_000)
            yield return $"{nameof(MostConnections)} must be from 2 to 1000.";
        foreach (var (name, value) in new[]
        {
            (nameof(ConnectTimeout), ConnectTimeout), (nameof(StatementTimeout), StatementTimeout), (nameof(IdleTransactionTimeout), IdleTransactionTimeout),
        })
        {
            if (value < TimeSpan.FromSeconds(1) || value > TimeSpan.FromMinutes(10))
                yield return $"{name} must be from 1 s to 10 min.";
        }

        if (StartPatience < TimeSpan.Zero)
            yield return $"{nameof(StartPatience)} must not be negative.";
    }
}
