using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Relais.AppHost.Client;
using Relais.AppHost.Local;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>The local mode with one replica of each target: intake, answers, memory, and what a grown history changes.</summary>
internal static partial class LocalBenchmark
{
    public static async Task RunAsync(CommandLine options)
    {
        var warmup = TimeSpan.FromSeconds(options.Number("warmup", 30, 0, 3_600));
        var length = TimeSpan.FromSeconds(options.Number("seconds", 15, 1, 3_600));
        var clients = options.Whole("clients", 64, 1, 1_000);
        var messages = options.Whole("messages", 0, 0, 100_000_000);
        var tickets = options.Whole("tickets", messages / 5, 0, 100_000_000);
        options.RefuseOthers();
        var mode = new PlatformMode("local", 1);
        if (mode.Missing is { } missing)
        {
            Console.WriteLine(missing);
            return;
        }

        await using var platform = await PlatformProcess.StartAsync(mode: mode);
        Figures.Number("start, with the demo to fill", platform.StartTime.TotalSeconds, "s");
        await Task.Delay(TimeSpan.FromSeconds(10));
        PrintMemory(platform, "at idle");
        // The launcher's own server, which runs already.
        var server = await PostgresServer.StartAsync(Path.Combine(platform.Folder, "postgres"));
        await Conversations.PlayAsync(platform, 30, rate: 0, warmup);
        await MeasureAsync(platform, server, length, clients);
        PrintMemory(platform, "after load");
        if (messages > 0)
        {
            await GrowAsync(platform, server, messages, tickets);
            await MeasureAsync(platform, server, length, clients);
        }
    }

    private static async Task MeasureAsync(PlatformProcess platform, PostgresServer server, TimeSpan length, int clients)
    {
        foreach (var rate in new[] { 25, 50, 100 })
            (await Conversations.PlayAsync(platform, 30, rate, length)).Print($"30 conversations, {rate} messages/s asked for");
        // Before and after, since the machine may have been slower in between.
        var before = await CommitsPerSecondAsync(server, clients);
        var flatOut = await Conversations.PlayAsync(platform, clients, rate: 0, length, waitForAnswers: false);
        var drained = await DrainedAsync(server);
        var after = await CommitsPerSecondAsync(server, clients);
        Figures.Number("reference: pgbench, one-row inserts, before", before, "/s");
        Figures.Number("the same, after", after, "/s");
        flatOut.Print($"{clients} clients, flat out, answers not awaited", (before + after) / 2);
        Figures.Number("until everything that followed was done", drained.TotalSeconds, "s");
    }

    // No event waits, and for a while none was dealt with.
    private static async Task<TimeSpan> DrainedAsync(PostgresServer server)
    {
        var (began, seen, unchanged) = (Stopwatch.GetTimestamp(), -1L, TimeSpan.Zero);
        var last = began;
        await using var source = NpgsqlDataSource.Create(server.ConnectionTo("relais_channels"));
        while (unchanged < TimeSpan.FromSeconds(2))
        {
            await using var command = source.CreateCommand(
                """SELECT (SELECT count(*) FROM outbox WHERE "DeliveredAt" IS NULL AND "DeadAt" IS NULL), (SELECT count(*) FROM inbox)""");
            await using (var row = await command.ExecuteReaderAsync())
            {
                await row.ReadAsync();
                if (row.GetInt64(0) > 0 || row.GetInt64(1) != seen)
                    (last, seen) = (Stopwatch.GetTimestamp(), row.GetInt64(1));
            }

            unchanged = Stopwatch.GetElapsedTime(last);
            await Task.Delay(100);
        }

        return Stopwatch.GetElapsedTime(began, last);
    }

    // Resident counts the pages of libraries in each process again; proportional shares them out; own are the process's alone.
    private static void PrintMemory(PlatformProcess platform, string when)
    {
        foreach (var target in platform.Processes())
        {
            var memory = ProcessMemory.Of(target.ProcessId);
            Figures.Number($"memory {when}, {target.Target}: proportional", memory.Proportional / 1e6, "MB");
            Figures.Number($"memory {when}, {target.Target}: resident", memory.Resident / 1e6, "MB");
            Figures.Number($"memory {when}, {target.Target}: own", memory.Own / 1e6, "MB");
        }
    }

    // What the same server commits when every transaction inserts one row of a message's size, and nothing else runs.
    private static async Task<double> CommitsPerSecondAsync(PostgresServer server, int clients)
    {
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionTo("pgbench"));
        await using (var source = NpgsqlDataSource.Create(server.ConnectionTo("postgres")))
        {
            await source.CreateCommand("DROP DATABASE IF EXISTS pgbench").ExecuteNonQueryAsync();
            await source.CreateCommand("CREATE DATABASE pgbench").ExecuteNonQueryAsync();
        }

        await using (var source = NpgsqlDataSource.Create(connection.ToString()))
            await source.CreateCommand("CREATE TABLE rows (id bigserial PRIMARY KEY, text text NOT NULL)").ExecuteNonQueryAsync();
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, "INSERT INTO rows (text) VALUES ('a message of an ordinary length, as customers write them');\n");
            var program = InstalledProgram.Find("pgbench") ?? Directory.GetFiles("/usr/lib/postgresql", "pgbench", SearchOption.AllDirectories).Max()!;
            var start = new ProcessStartInfo(program)
            {
                ArgumentList =
                {
                    "-n", "-h", connection.Host!, "-p", connection.Port.ToString(CultureInfo.InvariantCulture), "-U", connection.Username!,
                    "-c", clients.ToString(CultureInfo.InvariantCulture), "-j", "2", "-T", "5", "-M", "prepared", "-f", script, "pgbench",
                },
                Environment = { ["PGPASSWORD"] = connection.Password },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var run = Process.Start(start)!;
            var output = await run.StandardOutput.ReadToEndAsync();
            await run.WaitForExitAsync();
            var rate = Rate().Match(output);
            return rate.Success
                ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture)
                : throw new InvalidDataException($"pgbench printed no rate:\n{output}\n{await run.StandardError.ReadToEndAsync()}");
        }
        finally
        {
            File.Delete(script);
        }
    }

    // Copies of rows that the platform wrote itself, with keys of their own: ten messages a conversation, and resolved
    // tickets.
    private static async Task GrowAsync(PlatformProcess platform, PostgresServer server, int messages, int tickets)
    {
        const string Conversation = "md5('conversation' || {0})::uuid";
        var began = Stopwatch.GetTimestamp();
        using (var anonymous = new PublicApi(platform.Address))
        {
            var (customer, path) = await Conversations.OpenAsync(anonymous, 0);
            using (customer)
                await customer.PostAsync(path.Replace("/messages", ":requestExpert", StringComparison.Ordinal), [], CancellationToken.None);
        }

        await DrainedAsync(server);
        await CopyAsync(server, "channels", "conversations", messages / 10, ("Id", string.Format(CultureInfo.InvariantCulture, Conversation, "g")));
        await CopyAsync(server, "channels", "messages", messages,
            ("ConversationId", string.Format(CultureInfo.InvariantCulture, Conversation, "(g + 9) / 10")), ("Sequence", "(g + 9) % 10 + 1"), ("Id", "gen_random_uuid()"));
        await CopyAsync(server, "surveys", "conversation_facts", messages / 10, ("ConversationId", string.Format(CultureInfo.InvariantCulture, Conversation, "g")));
        await CopyAsync(server, "tickets", "tickets", tickets, ("Id", "gen_random_uuid()"), ("Number", "1000000 + g"), ("State", "'Resolved'"));
        Figures.Line("grown by", string.Create(CultureInfo.InvariantCulture, $"{messages} messages and {tickets} tickets in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s"));
    }

    private static async Task CopyAsync(PostgresServer server, string target, string table, int count, params (string Column, string Value)[] changes)
    {
        var changed = string.Join(", ", changes.Select(change => $"'{change.Column}', {change.Value}"));
        await using var source = NpgsqlDataSource.Create(server.ConnectionTo("relais_" + target));
        await using var copy = source.CreateCommand($"""
            INSERT INTO {table} SELECT row.* FROM (SELECT * FROM {table} LIMIT 1) original, generate_series(1, {count}) g,
            LATERAL jsonb_populate_record(NULL::{table}, to_jsonb(original) || jsonb_build_object({changed})) row
            """);
        copy.CommandTimeout = 0;
        await copy.ExecuteNonQueryAsync();
        await using var analyse = source.CreateCommand($"ANALYZE {table}");
        await analyse.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex Rate();
}
