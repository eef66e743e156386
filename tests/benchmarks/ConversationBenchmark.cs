using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>A customer's message until the assistant's answer can be read, through the public face, each message durable.</summary>
internal static class ConversationBenchmark
{
    private static readonly string[] Questions =
    [
        "Comment lire ma facture ?", "Le voyant de mon routeur est rouge", "Changer la date de prélèvement", "Je déménage bientôt",
        "Mot de passe oublié", "Panne de courant chez moi", "Qu'est-ce que le chèque énergie ?", "Résilier mon contrat",
    ];

    public static async Task RunAsync(IReadOnlyDictionary<string, string> options)
    {
        var clients = options.Int("clients", 50);
        var seconds = options.Int("seconds", 20);
        await using var platform = await PlatformProcess.StartAsync();
        using var anonymous = new PublicApi(platform.Address);
        var reference = CommitsPerSecond();
        Figures.Number("reference: SQLite commits, same durability", reference, "/s");
        await PlayAsync(platform, anonymous, clients, rate: 0, options.Int("warmup", 20));
        foreach (var rate in options.GetValueOrDefault("rates", "50,100,200,400").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
            Print($"{clients} conversations, {rate} messages/s asked for", await PlayAsync(platform, anonymous, clients, rate, seconds), reference);
        var flatOut = await PlayAsync(platform, anonymous, clients, rate: 0, seconds);
        Print($"{clients} conversations, flat out", flatOut, reference);
    }

    private static void Print(string what, Result result, double reference)
    {
        Figures.Line(what, string.Create(CultureInfo.InvariantCulture,
            $"{result.PerSecond:0} customer messages/s and as many answers; ratio to the reference {result.PerSecond / reference:0.000}; {result.ProcessorMilliseconds:0.0} ms of processor each; {result.Failures} failures"));
        Figures.Milliseconds("  message acknowledged (durable)", result.Acknowledged);
        Figures.Milliseconds("  message to answer readable", result.Answered);
    }

    private static async Task<Result> PlayAsync(PlatformProcess platform, PublicApi anonymous, int clients, int rate, int seconds)
    {
        var result = new Result();
        using var process = Process.GetProcessById(platform.ProcessId);
        var used = process.TotalProcessorTime;
        var began = Stopwatch.GetTimestamp();
        var end = TimeSpan.FromSeconds(seconds);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async index =>
        {
            var opened = await anonymous.PostAsync("/v1/conversations", new JsonObject
            {
                ["channel"] = "web_chat", ["locale"] = "fr", ["customer"] = new JsonObject { ["displayName"] = $"Client {index}" },
            }, CancellationToken.None);
            using var api = anonymous.As((string)opened["accessToken"]!);
            var path = $"/v1/conversations/{opened["conversation"]!["id"]}/messages";
            var seen = 0;
            for (var turn = 0; ; turn++)
            {
                if (rate > 0)
                {
                    // Each client has its place in the schedule, so that a slow answer does not slow the arrivals down.
                    var due = TimeSpan.FromSeconds(((turn * clients) + index) / (double)rate);
                    if (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait)
                        await Task.Delay(wait);
                }

                if (Stopwatch.GetElapsedTime(began) > end)
                    return;
                seen = await TurnAsync(api, path, seen, Questions[(turn + index) % Questions.Length], result);
            }
        }));
        process.Refresh();
        result.ProcessorMilliseconds = (process.TotalProcessorTime - used).TotalMilliseconds / Math.Max(1, result.Answered.Count);
        result.PerSecond = result.Answered.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        return result;
    }

    private static async Task<int> TurnAsync(PublicApi api, string path, int seen, string text, Result result)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var said = await api.PostAsync(path, new JsonObject { ["text"] = text, ["requestId"] = Guid.NewGuid().ToString() }, CancellationToken.None);
            result.Acknowledged.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            seen = (int)said["sequence"]!;
            while (true)
            {
                var page = (await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{path}?afterSequence={seen}&waitSeconds=10"), CancellationToken.None))["messages"]!.AsArray();
                if (page.Count == 0)
                    throw new TimeoutException("No answer within 10 s.");
                seen = (int)page[^1]!["sequence"]!;
                if (page.Any(message => (string)message!["author"]! == "ASSISTANT"))
                {
                    result.Answered.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    return seen;
                }
            }
        }
        catch (Exception failure) when (failure is ProblemException or HttpRequestException or TimeoutException)
        {
            // Counted and printed: a benchmark goes on.
            Interlocked.Increment(ref result.Failures);
            return seen;
        }
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

    private sealed class Result
    {
        public ConcurrentBag<double> Acknowledged { get; } = [];

        public ConcurrentBag<double> Answered { get; } = [];

        public int Failures;

        public double PerSecond { get; set; }

        /// <summary>Of the platform's process, for a message and its answer.</summary>
        public double ProcessorMilliseconds { get; set; }
    }
}
