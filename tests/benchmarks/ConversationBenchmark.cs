using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>A customer's message until the assistant's answer can be read, in the embedded mode, each message durable.</summary>
internal static class ConversationBenchmark
{
    public static async Task RunAsync(CommandLine options)
    {
        var clients = options.Whole("clients", 50, 1, 10_000);
        var length = TimeSpan.FromSeconds(options.Number("seconds", 20, 1, 3_600));
        var warmup = TimeSpan.FromSeconds(options.Number("warmup", 20, 0, 3_600));
        var rates = options.Numbers("rates", "50,100,200,400");
        options.RefuseOthers();
        await using var platform = await PlatformProcess.StartAsync();
        var reference = CommitsPerSecond();
        Figures.Number("reference: SQLite commits, same durability", reference, "/s");
        await Conversations.PlayAsync(platform, clients, rate: 0, warmup);
        foreach (var rate in rates)
            (await Conversations.PlayAsync(platform, clients, rate, length)).Print($"{clients} conversations, {rate} messages/s asked for", reference);
        (await Conversations.PlayAsync(platform, clients, rate: 0, length)).Print($"{clients} conversations, flat out", reference);
    }

    // One row a transaction into a WAL database with synchronous=FULL: what the disk and SQLite allow.
    private static double CommitsPerSecond()
    {
        var file = Path.Combine(Path.GetTempPath(), $"relais-reference-{Guid.NewGuid():N}.db");
        try
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)";
            command.ExecuteNonQuery();
            command.CommandText = "INSERT INTO t(text) VALUES('a message of an ordinary length, as customers write them')";
            var began = Stopwatch.GetTimestamp();
            var commits = 0;
            while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2))
            {
                command.ExecuteNonQuery();
                commits++;
            }

            return commits / Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
        finally
        {
            foreach (var path in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(file) + "*"))
                File.Delete(path);
        }
    }
}
