using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Relais.AppHost.Local;

namespace Relais.Contract.Local;

/// <summary>Servers that Relais starts for itself.</summary>
public sealed class ServerStarters : IDisposable
{
    // For its owner alone, as the platform's data folder is.
    private readonly string folder = Directory.CreateTempSubdirectory("relais-servers-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Postgres_that_was_killed_and_started_again_has_what_was_committed_at_the_same_port()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        await using var server = await PostgresServer.StartAsync(Path.Combine(folder, "postgres"), cancellationToken: Stop);
        await ExecuteAsync(server, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)");
        await server.KillAsync(Stop);
        NpgsqlConnection.ClearAllPools();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(server, "SELECT 1"));
        await server.StartAgainAsync(Stop);
        Assert.Equal(1L, await ExecuteAsync(server, "SELECT count(*) FROM kept"));
    }

    [Fact]
    public async Task Postgres_that_runs_already_is_taken_over()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        var data = Path.Combine(folder, "postgres");
        var left = await PostgresServer.StartAsync(data, cancellationToken: Stop);
        await using var found = await PostgresServer.StartAsync(data, cancellationToken: Stop);
        Assert.Equal((left.Port, left.ProcessId), (found.Port, found.ProcessId));
        Assert.Equal(1, await ExecuteAsync(found, "SELECT 1"));
    }

    [Fact]
    public async Task Postgres_refuses_who_has_no_password()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        await using var server = await PostgresServer.StartAsync(Path.Combine(folder, "postgres"), cancellationToken: Stop);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "guess", Pooling = false }.ToString());
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Stop));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [Fact]
    public async Task Postgres_whose_first_start_was_cut_off_starts_the_next_time()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        var at = Path.Combine(folder, "postgres");
        var starting = CutOffAsync(at, () => Directory.Exists(at) && Directory.GetFiles(at, "PG_VERSION", SearchOption.AllDirectories).Length > 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        await using var server = await PostgresServer.StartAsync(at, cancellationToken: Stop);
        Assert.Equal(1, await ExecuteAsync(server, "SELECT 1"));
    }

    [Fact]
    public async Task Postgres_whose_start_is_cut_off_is_its_starters_or_has_ended()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        var at = Path.Combine(folder, "postgres");
        await using (await PostgresServer.StartAsync(at, cancellationToken: Stop))
        {
        }

        var id = 0;
        var starting = CutOffAsync(at, () => File.Exists(Path.Combine(at, PostgresServer.PidFile))
            && int.TryParse(File.ReadLines(Path.Combine(at, PostgresServer.PidFile)).FirstOrDefault(), CultureInfo.InvariantCulture, out id));
        try
        {
            await (await starting).DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // Then nobody has it.
        }

        Assert.True(HasEnded(id));
    }

    [Fact]
    public async Task Redis_that_was_killed_and_started_again_is_empty_at_the_same_port()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.HowToInstall);
        await using var server = await RedisServer.StartAsync(Path.Combine(folder, "redis"), Stop);
        Assert.Equal("+OK", await server.SayAsync("SET kept 1", Stop));
        await server.KillAsync(Stop);
        Assert.Null(await server.SayAsync("PING", Stop));
        await server.StartAgainAsync(Stop);
        Assert.Equal("$-1", await server.SayAsync("GET kept", Stop));
    }

    [Fact]
    public async Task Redis_that_runs_already_is_taken_over()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.HowToInstall);
        var left = await RedisServer.StartAsync(Path.Combine(folder, "redis"), Stop);
        await using var found = await RedisServer.StartAsync(Path.Combine(folder, "redis"), Stop);
        Assert.Equal((left.Port, left.ProcessId), (found.Port, found.ProcessId));
    }

    [Fact]
    public async Task Stopped_servers_leave_no_process_behind()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.HowToInstall);
        int[] processes;
        await using (var postgres = await PostgresServer.StartAsync(Path.Combine(folder, "postgres"), cancellationToken: Stop))
        await using (var redis = await RedisServer.StartAsync(Path.Combine(folder, "redis"), Stop))
            processes = [postgres.ProcessId, redis.ProcessId];
        Assert.All(processes, id => Assert.True(HasEnded(id)));
    }

    /// <summary>Starts PostgreSQL, and gives it up as soon as it has come so far.</summary>
    private static async Task<PostgresServer> CutOffAsync(string at, Func<bool> isSoFar)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var starting = PostgresServer.StartAsync(at, cancellationToken: cut.Token);
        while (!isSoFar())
            await Task.Delay(1, Stop);
        await cut.CancelAsync();
        return await starting;
    }

    // What has ended may stay in the table until its parent looks; it has no memory any more.
    private static bool HasEnded(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited || process.WorkingSet64 == 0;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static async Task<object?> ExecuteAsync(PostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionTo("postgres"));
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }
}
