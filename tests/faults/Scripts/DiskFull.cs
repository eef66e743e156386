using System.Globalization;
using Npgsql;

namespace Relais.Faults.Scripts;

/// <summary>The disk that PostgreSQL writes to is full for a while; it may end over it, and is started when there is room again.</summary>
internal sealed class DiskFull : IFaultScript
{
    public string Name => "disk-full";

    public string? Missing(LocalStage stage) => stage.Disk is null ? "A small disk must be mounted: run it as root, where mount is allowed." : null;

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var leave = scene.Random.Next(4) * 256L * 1024;
        var outage = scene.IsLong ? scene.Between(10, 30) : scene.Between(3, 5);
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"the disk is full but for {leave / 1024} KB for {outage.TotalSeconds:0} s"));
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(scene.Stage.Postgres.ConnectionString) { Database = "postgres", Pooling = false }.ToString());
        await connection.OpenAsync(cancellationToken);
        await ExecuteAsync(connection, "CREATE UNLOGGED TABLE IF NOT EXISTS room (taken text); TRUNCATE room", cancellationToken);
        scene.Stage.Disk!.Fill(leave);
        try
        {
            await TakeRestAsync(connection, cancellationToken);
            await Task.Delay(outage, cancellationToken);
        }
        finally
        {
            scene.Stage.Disk.Free();
        }

        if (!await scene.Stage.Postgres.IsRunningAsync(cancellationToken))
        {
            scene.Say("PostgreSQL had ended over it and is started again");
            await scene.Stage.Postgres.StartAgainAsync(cancellationToken);
        }
    }

    // More than was left. What is refused stays the table's, so that the platform's own writes find no room either.
    private static async Task TakeRestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(connection, "INSERT INTO room SELECT repeat('x', 1000) FROM generate_series(1, 2000)", cancellationToken);
        }
        catch (NpgsqlException refused) when (refused is not PostgresException { SqlState: not PostgresErrorCodes.DiskFull })
        {
            // As it should be; or PostgreSQL has ended over it.
            return;
        }

        throw new FaultException("PostgreSQL had room to write although its disk is full");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
