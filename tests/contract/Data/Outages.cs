using System.Diagnostics;
using System.Net;
using Grpc.Core;
using Npgsql;
using Relais.AppHost.Local;
using Relais.Common.Data;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge;
using KnowledgeClient = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeClient;

namespace Relais.Contract.Data;

/// <summary>A service while its PostgreSQL ends connections, restarts or is away.</summary>
public sealed class Outages(OutageServer outages) : IClassFixture<OutageServer>, IAsyncLifetime
{
    private readonly string database = "relais_" + Guid.NewGuid().ToString("N");
    private PostgresServer server = null!;
    private LoneTarget target = null!;
    private KnowledgeClient author = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await outages.RunningAsync();
        var connection = server.ConnectionTo(database);
        await Postgres.MigrateAsync("knowledge", connection);
        target = await LoneTarget.StartAsync(() => new KnowledgeTarget(), new Dictionary<string, string?>
        {
            ["ConnectionStrings:knowledge"] = connection,
            ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
        });
        author = new KnowledgeClient(target.Call(target.Keys.Staff("acme", Roles.CommunityManager)));
    }

    public async ValueTask DisposeAsync()
    {
        if (target is not null)
            await target.DisposeAsync();
    }

    [Fact]
    public async Task Ended_connections_trouble_no_caller_and_nothing_is_done_twice()
    {
        const int Rounds = 12;
        var ended = 0L;
        await using var connection = await ConnectAsync("postgres");
        for (var round = 0; round < Rounds; round++)
        {
            var calls = Enumerable.Range(4 * round, 4).Select(async number =>
            {
                await author.CreateArticleAsync(Request(number), cancellationToken: Stop);
                await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop);
            }).ToList();
            // Some are in the middle of a transaction by then, some before, some after.
            await Task.Delay(Random.Shared.Next(10), Stop);
            ended += await EndAllAsync(connection);
            await Task.WhenAll(calls);
        }

        Assert.True(ended > Rounds);
        Assert.Equal(4 * Rounds, (await author.ListArticlesAsync(new ListArticlesRequest { PageSize = 1 }, cancellationToken: Stop)).TotalSize);
    }

    [Fact]
    public async Task Connection_that_ends_within_a_long_answer_troubles_no_reader()
    {
        const int Articles = 20;
        const int Rounds = 20;
        for (var number = 0; number < Articles; number++)
        {
            var request = Request(number);
            request.Body = new string('é', 40_000);
            await author.CreateArticleAsync(request, cancellationToken: Stop);
        }

        await using var connection = await ConnectAsync("postgres");
        for (var round = 0; round < Rounds; round++)
        {
            var reads = Enumerable.Range(0, 4).Select(async _ => await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).ToList();
            await Task.Delay(Random.Shared.Next(30), Stop);
            await EndAllAsync(connection);
            foreach (var read in await Task.WhenAll(reads))
                Assert.Equal(Articles, read.Articles.Count);
        }
    }

    [Fact]
    public async Task Restart_of_the_server_is_waited_for()
    {
        await author.CreateArticleAsync(Request(1), cancellationToken: Stop);
        await server.StopAsync(Stop);
        var write = PersistAsync(() => author.CreateArticleAsync(Request(2), cancellationToken: Stop));
        var read = PersistAsync(() => author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop));
        await server.StartAgainAsync(Stop);
        await write;
        Assert.InRange((await read).TotalSize, 1, 2);
        Assert.Equal(2, (await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).TotalSize);
    }

    [Fact]
    public async Task Server_that_stays_away_is_told_as_unavailable_and_work_goes_on_when_it_is_back()
    {
        await server.KillAsync(Stop);
        var began = Stopwatch.GetTimestamp();
        foreach (var refusal in await Task.WhenAll(
            Refusal.OfAsync(author.CreateArticleAsync(Request(1), cancellationToken: Stop)),
            Refusal.OfAsync(author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop))))
        {
            Assert.Equal((StatusCode.Unavailable, "database.unavailable"), (refusal.Status, refusal.Code));
            Assert.Contains("Repeat", refusal.Message, StringComparison.Ordinal);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        await UntilHealthIsAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await HealthAsync("live"));
        await server.StartAgainAsync(Stop);
        await author.CreateArticleAsync(Request(1), cancellationToken: Stop);
        await UntilHealthIsAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Service_whose_connections_are_all_in_use_stays_ready_and_asks_a_full_server_for_no_more()
    {
        await UntilHealthIsAsync(HttpStatusCode.OK);
        await using var holder = await ConnectAsync(database);
        await using var transaction = await holder.BeginTransactionAsync(Stop);
        await ExecuteAsync(holder, "LOCK TABLE articles IN ACCESS EXCLUSIVE MODE");
        // Two for each of the pool's eight connections.
        var calls = Enumerable.Range(0, 16).Select(number => author.CreateArticleAsync(Request(number), cancellationToken: Stop).ResponseAsync).ToList();
        await using var watch = await ConnectAsync("postgres");
        await UntilAsync(async () => await CountAsync(watch, "SELECT count(*) FROM pg_locks WHERE relation IS NOT NULL AND NOT granted") == 8, "all connections are in use");
        var rest = new List<NpgsqlConnection>();
        try
        {
            await FillAsync(rest);
            // For longer than a connection is waited for.
            for (var looks = 0; looks < 14; looks++)
            {
                Assert.Equal(HttpStatusCode.OK, await HealthAsync("ready"));
                await Task.Delay(500, Stop);
            }
        }
        finally
        {
            foreach (var connection in rest)
                await connection.DisposeAsync();
        }

        await transaction.RollbackAsync(Stop);
        await Task.WhenAll(calls.Select(call => call.ContinueWith(_ => { }, Stop, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)));
        await author.CreateArticleAsync(Request(99), cancellationToken: Stop);
        await UntilHealthIsAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("ALTER DATABASE {database} SET default_transaction_read_only = on", "ALTER DATABASE {database} RESET default_transaction_read_only")]
    [InlineData("ALTER ROLE CURRENT_USER VALID UNTIL '2000-01-01'", "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'")]
    [InlineData("ALTER DATABASE {database} RENAME TO elsewhere", "ALTER DATABASE elsewhere RENAME TO {database}")]
    public async Task Server_that_refuses_is_told_as_unavailable_and_work_goes_on_when_it_no_longer_does(string refuse, string relent)
    {
        await using var connection = await ConnectAsync("postgres");
        // No session of before is left, and the target's own work opens none meanwhile.
        await ExecuteAsync(connection, $"UPDATE pg_database SET datallowconn = false WHERE datname = '{database}'");
        await EndAllAsync(connection);
        await ExecuteAsync(connection, refuse.Replace("{database}", database, StringComparison.Ordinal));
        await ExecuteAsync(connection, $"UPDATE pg_database SET datallowconn = true WHERE datname IN ('{database}', 'elsewhere')");
        var refusal = await Refusal.OfAsync(author.CreateArticleAsync(Request(1), cancellationToken: Stop));
        Assert.Equal((StatusCode.Unavailable, "database.unavailable"), (refusal.Status, refusal.Code));
        await ExecuteAsync(connection, relent.Replace("{database}", database, StringComparison.Ordinal));
        await EndAllAsync(connection);
        await author.CreateArticleAsync(Request(1), cancellationToken: Stop);
        Assert.Equal(1, (await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).TotalSize);
    }

    [Fact]
    public async Task Statement_that_the_server_has_no_time_for_is_told_as_unavailable()
    {
        await using var connection = await ConnectAsync(database);
        await ExecuteAsync(connection,
            $"""
            CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NEW; END';
            CREATE TRIGGER dawdle BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION dawdle();
            ALTER DATABASE {database} SET statement_timeout = '2s'
            """);
        await EndAllAsync(connection);
        var refusal = await Refusal.OfAsync(author.CreateArticleAsync(Request(1), cancellationToken: Stop));
        Assert.Equal((StatusCode.Unavailable, "database.unavailable"), (refusal.Status, refusal.Code));
    }

    private async Task<NpgsqlConnection> ConnectAsync(string to)
    {
        // Another test's may have ended with the server.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionTo(to)) { Pooling = false }.ToString());
        await connection.OpenAsync(Stop);
        return connection;
    }

    // On a slow machine the server may be away for longer than a call waits for it; that is told, and the call repeated.
    private static async Task<T> PersistAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                return await call();
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable && Stopwatch.GetElapsedTime(began) >= PatientReads.Patience)
            {
                // It has waited as long as it should.
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private async Task<long> EndAllAsync(NpgsqlConnection connection)
    {
        await using var end = new NpgsqlCommand(
            $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()", connection);
        return (long)(await end.ExecuteScalarAsync(Stop))!;
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql)
    {
        await using var count = new NpgsqlCommand(sql, connection);
        return (long)(await count.ExecuteScalarAsync(Stop))!;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var tries = 0; !await condition(); tries++)
        {
            Assert.True(tries < 200, $"Not within 20 s: {what}.");
            await Task.Delay(100, Stop);
        }
    }

    // As many sessions as the server has room for.
    private async Task FillAsync(List<NpgsqlConnection> sessions)
    {
        while (true)
        {
            var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionTo("postgres")) { Pooling = false }.ToString());
            try
            {
                await session.OpenAsync(Stop);
                sessions.Add(session);
            }
            catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                await session.DisposeAsync();
                return;
            }
        }
    }

    private async Task<HttpStatusCode> HealthAsync(string which)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(target.HttpAddress, "/health/" + which), Stop);
        return answer.StatusCode;
    }

    private Task UntilHealthIsAsync(HttpStatusCode status) => UntilAsync(async () => await HealthAsync("ready") == status, $"readiness is {status}");

    private static CreateArticleRequest Request(int number) => new()
    {
        RequestId = $"r{number}", Title = $"Article {number}", Body = "Un texte.", Locale = "fr",
    };
}

/// <summary>A PostgreSQL that its tests stop and change as they need it, with a database for each.</summary>
public sealed class OutageServer : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-outage-").FullName;
    private PostgresServer? server;

    /// <summary>The server, running; skips the test where PostgreSQL is not installed.</summary>
    internal async Task<PostgresServer> RunningAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        var stop = TestContext.Current.CancellationToken;
        server ??= await PostgresServer.StartAsync(Path.Combine(folder, "postgres"), new Dictionary<string, string> { ["fsync"] = "off" }, stop);
        if (!await server.IsRunningAsync(stop))
            await server.StartAgainAsync(stop);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
            await server.KillAsync();
        Directory.Delete(folder, recursive: true);
    }
}
