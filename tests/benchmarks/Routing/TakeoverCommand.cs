using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Relais.AppHost.Local;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing;

namespace Relais.Benchmarks.Routing;

/// <summary>A process owns a shard with much waiting work and is killed; a second replica takes over and decides.</summary>
internal static class TakeoverCommand
{
    public static async Task RunAsync(CommandLine line)
    {
        var (waiting, runs) = (line.Whole("waiting", 10_000, 1, 1_000_000), line.Whole("runs", 3, 1, 100));
        line.RefuseOthers();
        await using var bed = new RoutingBed();
        await bed.PrepareAsync();
        // A target in a process of its own wants a broker; what the benchmark delivers does not go through it.
        await using var broker = await RabbitMqServer.StartAsync(Path.Combine(bed.Folder, "rabbitmq"), null, CancellationToken.None);
        await bed.StartAsync();
        var expert = Guid.CreateVersion7();
        await bed.AddExpertAsync(expert, "Expert", 1.0 / 3, [("billing", 5)]);
        await bed.As(expert, Roles.Expert).SetPresenceAsync(new SetPresenceRequest { Id = "me", State = Expert.Types.Presence.Available });
        var began = Stopwatch.GetTimestamp();
        foreach (var part in Enumerable.Range(0, waiting + 1).Chunk(256))
            await Task.WhenAll(part.Select(_ => bed.DeliverAsync(RoutingBed.Opened(Guid.CreateVersion7(), "billing", DateTimeOffset.UtcNow))));
        Figures.Line($"{waiting} tickets taken in", string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
        var holding = await HeldAsync(bed, expert);
        var took = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            using var owner = StartOwner(bed, broker);
            try
            {
                await DeposeAsync(bed);
                await UntilAsync(bed, $"\"Owner\" LIKE '%/{owner.Id}/%'");
                owner.Kill();
                await owner.WaitForExitAsync();
            }
            finally
            {
                if (!owner.HasExited)
                    owner.Kill();
            }

            var killed = Stopwatch.GetTimestamp();
            // Room for one more: the most urgent of all that wait has to be found.
            await bed.DeliverAsync(RoutingBed.Resolved(holding, expert));
            took.Add(Stopwatch.GetElapsedTime(killed).TotalMilliseconds);
            var next = await HeldAsync(bed, expert);
            if (next == holding)
                throw new InvalidOperationException("Nothing was decided.");
            holding = next;
        }

        Figures.Milliseconds($"kill -9 to the first decision, {waiting} waiting", took);
    }

    private static Process StartOwner(RoutingBed bed, RabbitMqServer broker)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(RoutingTarget).Assembly.Location);
        foreach (var (name, value) in bed.Settings().Append(new("ConnectionStrings:rabbitmq", broker.ConnectionString)))
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        var owner = Process.Start(start)!;
        owner.OutputDataReceived += (_, _) => { };
        owner.ErrorDataReceived += (_, output) => Console.Error.WriteLine(output.Data);
        owner.BeginOutputReadLine();
        owner.BeginErrorReadLine();
        return owner;
    }

    // Again and again until the other process was the quicker one.
    private static async Task DeposeAsync(RoutingBed bed)
    {
        for (var deadline = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(deadline) < TimeSpan.FromSeconds(60);)
        {
            await ExecuteAsync(bed, $"UPDATE leases SET \"ExpiresAt\" = clock_timestamp() WHERE \"Owner\" LIKE '%/{Environment.ProcessId}/%'");
            await Task.Delay(100);
            if (await CountAsync(bed, $"\"Owner\" NOT LIKE '%/{Environment.ProcessId}/%'") > 0)
                return;
        }

        throw new TimeoutException("The second process took nothing over.");
    }

    private static async Task UntilAsync(RoutingBed bed, string condition)
    {
        while (await CountAsync(bed, condition + " AND \"ExpiresAt\" > clock_timestamp()") == 0)
            await Task.Delay(20);
        // It has read the shard, and renewed, when a second has passed.
        await Task.Delay(1500);
    }

    private static async Task<Guid> HeldAsync(RoutingBed bed, Guid expert)
    {
        await using var connection = new NpgsqlConnection(bed.Connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT \"Id\" FROM work_items WHERE \"HolderId\" = $1", connection) { Parameters = { new() { Value = expert } } };
        return (Guid)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<long> CountAsync(RoutingBed bed, string condition)
    {
        await using var connection = new NpgsqlConnection(bed.Connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM leases WHERE {condition}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(RoutingBed bed, string sql)
    {
        await using var connection = new NpgsqlConnection(bed.Connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
