using System.Globalization;
using Npgsql;

namespace Relais.Faults.Scripts;

/// <summary>Every session of PostgreSQL is ended, whatever it was doing, several times.</summary>
internal sealed class PostgresSessionsEnded : IFaultScript
{
    public string Name => "postgres-sessions-ended";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(scene.Stage.Postgres.ConnectionString) { Database = "postgres", Pooling = false }.ToString());
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        var all = 0L;
        for (var times = scene.Random.Next(3, 6); times > 0; times--)
        {
            var ended = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
            scene.Say(string.Create(CultureInfo.InvariantCulture, $"{ended} sessions ended"));
            all += ended;
            await Task.Delay(scene.Between(0.2, 1.5), cancellationToken);
        }

        if (all == 0)
            throw new FaultException("there was no session to end");
    }
}
