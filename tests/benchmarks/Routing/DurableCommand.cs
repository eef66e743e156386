using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Relais.AppHost.Local;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;

namespace Relais.Benchmarks.Routing;

/// <summary>
/// Assignments on PostgreSQL: a ticket's event comes in, its offer is committed and told, the expert accepts over gRPC and is
/// answered when that is committed; the ticket's resolution makes room again. Beside it, what pgbench commits of the same
/// statements, one transaction for the offer and one for the acceptance.
/// </summary>
internal static class DurableCommand
{
    private const double WarmUpSeconds = 15;

    private static readonly string[] Skills = [.. Enumerable.Range(0, 20).Select(number => $"skill {number}")];

    public static async Task RunAsync(CommandLine line)
    {
        var seconds = line.Number("seconds", 10, 1, 600);
        var (atOnce, experts) = (line.Whole("at-once", 64, 1, 10_000), line.Whole("experts", 200, 1, 100_000));
        var rate = line.Number("rate", 0, 0, 1_000_000);
        line.RefuseOthers();
        await using var bed = new RoutingBed();
        await bed.PrepareAsync();
        await bed.StartAsync();
        var ids = Enumerable.Range(0, experts).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var (id, position) in ids.Select((id, position) => (id, position)))
        {
            await bed.AddExpertAsync(id, $"Expert {position}", 2, Skills.Where((_, at) => (at + position) % 4 == 0).Select((skill, at) => (skill, 2 + ((at + position) % 4))));
            await bed.As(id, Roles.Expert).SetPresenceAsync(new SetPresenceRequest { Id = "me", State = Expert.Types.Presence.Available });
        }

        await PlayAsync(bed, atOnce, WarmUpSeconds, rate);
        await AnalyzeAsync(bed.Connection);
        var result = await PlayAsync(bed, atOnce, seconds, rate);
        Figures.Line($"durable assignments, {atOnce} at once, {experts} experts", string.Create(CultureInfo.InvariantCulture,
            $"{result.PerSecond:0}/s; processor {result.Cores:0.00} cores here, load generator included"));
        Figures.Milliseconds("  event to offer committed and told", result.Offered);
        Figures.Milliseconds("  acceptance answered", result.Accepted);
        Figures.Milliseconds("  resolution committed", result.Resolved);
        Figures.Milliseconds("  offer + acceptance", result.Whole);
        Figures.Number("  bytes of a decision", await ScalarAsync(bed.Connection, "SELECT coalesce(avg(octet_length(\"Decision\")), 0)::float8 FROM decisions"), "bytes");
        await ReferenceAsync(bed, atOnce, seconds, result.PerSecond);
    }

    private static async Task<Result> PlayAsync(RoutingBed bed, int atOnce, double seconds, double rate)
    {
        var result = new Result();
        var began = Stopwatch.GetTimestamp();
        var used = Environment.CpuUsage.TotalTime;
        var started = 0;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
            {
                if (rate > 0)
                {
                    var due = TimeSpan.FromSeconds(Interlocked.Increment(ref started) / rate);
                    if (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait)
                        await Task.Delay(wait);
                }

                await AssignAsync(bed, result);
            }
        })));
        var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        result.PerSecond = result.Whole.Count / elapsed;
        result.Cores = (Environment.CpuUsage.TotalTime - used).TotalSeconds / elapsed;
        return result;
    }

    private static async Task AssignAsync(RoutingBed bed, Result result)
    {
        var ticket = Guid.CreateVersion7();
        var began = Stopwatch.GetTimestamp();
        await bed.DeliverAsync(RoutingBed.Opened(ticket, Skills[Random.Shared.Next(Skills.Length)], DateTimeOffset.UtcNow));
        var offer = await bed.OfferOfAsync(ticket);
        var offered = Stopwatch.GetTimestamp();
        await bed.As(offer.ExpertId, Roles.Expert).AcceptOfferAsync(new AcceptOfferRequest { Id = offer.OfferId.ToString(), RequestId = ticket.ToString() });
        var accepted = Stopwatch.GetTimestamp();
        result.Offered.Add(Stopwatch.GetElapsedTime(began, offered).TotalMilliseconds);
        result.Accepted.Add(Stopwatch.GetElapsedTime(offered, accepted).TotalMilliseconds);
        result.Whole.Add(Stopwatch.GetElapsedTime(began, accepted).TotalMilliseconds);
        await bed.DeliverAsync(RoutingBed.Resolved(ticket, offer.ExpertId));
        result.Resolved.Add(Stopwatch.GetElapsedTime(accepted).TotalMilliseconds);
    }

    private static async Task ReferenceAsync(RoutingBed bed, int clients, double seconds, double perSecond)
    {
        if (InstalledProgram.Find("pgbench") is not { } pgbench)
        {
            Figures.Line("reference: pgbench", "not installed: apt-get install postgresql-contrib");
            return;
        }

        var script = Path.Combine(Path.GetTempPath(), $"relais-assignment-{Environment.ProcessId}.sql");
        await File.WriteAllTextAsync(script, await ScriptAsync(bed.Connection));
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(bed.Connection);
            var start = new ProcessStartInfo(
                pgbench,
                [
                    "-h", parts.Host!, "-p", parts.Port.ToString(CultureInfo.InvariantCulture), "-U", parts.Username!, "-n", "-M", "prepared", "-j", "2",
                    "-c", Math.Min(clients, 64).ToString(CultureInfo.InvariantCulture), "-T", ((int)seconds).ToString(CultureInfo.InvariantCulture), "-f", script, parts.Database!,
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["PGPASSWORD"] = parts.Password;
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            var tps = output.Split('\n').FirstOrDefault(text => text.StartsWith("tps = ", StringComparison.Ordinal));
            if (tps is null)
            {
                Figures.Line("reference: pgbench", (await errors).Trim());
                return;
            }

            var reference = double.Parse(tps.Split(' ')[2], CultureInfo.InvariantCulture);
            Figures.Line($"reference: pgbench, the same statements, {Math.Min(clients, 64)} clients", string.Create(CultureInfo.InvariantCulture,
                $"{reference:0} assignments/s (two transactions each); ratio {perSecond / reference:0.00}"));
        }
        finally
        {
            File.Delete(script);
        }
    }

    // Rows like those that were just written, in a tenant of their own.
    private static async Task<string> ScriptAsync(string connection)
    {
        var item = await CopyAsync(connection, "work_items", ("Id", ":item::uuid"), ("HolderId", ":expert::uuid"));
        var offer = await CopyAsync(connection, "offers", ("Id", ":offer::uuid"), ("ItemId", ":item::uuid"), ("LiveItemId", ":item::uuid"), ("ExpertId", ":expert::uuid"));
        var decision = await CopyAsync(connection, "decisions", ("Id", "gen_random_uuid()"), ("ItemId", ":item::uuid"));
        var told = await CopyAsync(connection, "outbox", ("Id", "gen_random_uuid()"), ("DeliveredAt", "now()"));
        var inbox = await CopyAsync(connection, "inbox", ("MessageId", "gen_random_uuid()"));
        var answered = await CopyAsync(connection, "answered_requests", ("RequestId", ":item::text"));
        return $"""
            SELECT gen_random_uuid() AS item, gen_random_uuid() AS offer, "Id" AS expert FROM experts OFFSET (random() * ((SELECT count(*) FROM experts) - 1))::int LIMIT 1 \gset
            BEGIN;
            {inbox}
            {item}
            UPDATE experts SET "LoadParts" = "LoadParts", "Revision" = "Revision" + 1 WHERE "Id" = :expert::uuid;
            {offer}
            {decision}
            {told}
            COMMIT;
            BEGIN;
            {answered}
            UPDATE experts SET "MissesInRow" = 0, "Revision" = "Revision" + 1 WHERE "Id" = :expert::uuid;
            UPDATE work_items SET "State" = 3, "Revision" = "Revision" + 1 WHERE "Id" = :item::uuid;
            UPDATE offers SET "State" = 2, "SettledAt" = now(), "Revision" = "Revision" + 1 WHERE "Id" = :offer::uuid;
            {told}
            COMMIT;
            """;
    }

    private static async Task<string> CopyAsync(string connection, string table, params (string Column, string Value)[] others)
    {
        var values = others.Append(("TenantId", "'pgbench'")).ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position", open) { Parameters = { new() { Value = table } } };
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new List<string>();
        while (await reader.ReadAsync())
            columns.Add(reader.GetString(0));
        var names = string.Join(", ", columns.Select(column => $"\"{column}\""));
        return $"INSERT INTO {table} ({names}) SELECT {string.Join(", ", columns.Select(column => values.GetValueOrDefault(column, $"\"{column}\"")))} "
            + $"FROM (SELECT * FROM {table} WHERE \"TenantId\" = 'bench' LIMIT 1) AS like_this;";
    }

    // As autovacuum does within a minute.
    private static async Task AnalyzeAsync(string connection)
    {
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand("ANALYZE", open);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<double> ScalarAsync(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        return (double)(await command.ExecuteScalarAsync())!;
    }

    private sealed class Result
    {
        public ConcurrentBag<double> Offered { get; } = [];

        public ConcurrentBag<double> Accepted { get; } = [];

        public ConcurrentBag<double> Resolved { get; } = [];

        public ConcurrentBag<double> Whole { get; } = [];

        public double PerSecond { get; set; }

        public double Cores { get; set; }
    }
}
