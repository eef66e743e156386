using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>Customers side by side in the web chat, and how long they wait for what they say to be stored and answered.</summary>
internal static class Conversations
{
    private static readonly string[] Questions =
    [
        "Comment lire ma facture ?", "Le voyant de mon routeur est rouge", "Changer la date de prélèvement", "Je déménage bientôt",
        "Mot de passe oublié", "Panne de courant chez moi", "Qu'est-ce que le chèque énergie ?", "Résilier mon contrat",
    ];

    /// <param name="rate">Messages a second of all clients together; 0 sends the next as soon as the last is done with.</param>
    /// <param name="waitForAnswers">Whether a client waits for the assistant before it says more.</param>
    public static async Task<ConversationFigures> PlayAsync(PlatformProcess platform, int clients, int rate, TimeSpan length, bool waitForAnswers = true)
    {
        using var anonymous = new PublicApi(platform.Address);
        var figures = new ConversationFigures();
        var customers = await Task.WhenAll(Enumerable.Range(0, clients).Select(index => OpenAsync(anonymous, index)));
        var used = platform.ProcessorTime();
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(customers.Select(async (customer, index) =>
        {
            using var api = customer.Api;
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

                if (Stopwatch.GetElapsedTime(began) > length)
                    return;
                var start = Stopwatch.GetTimestamp();
                try
                {
                    seen = await SayAsync(api, customer.Path, Questions[(turn + index) % Questions.Length]);
                    figures.Stored.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    if (!waitForAnswers)
                        continue;
                    seen = await HearAsync(api, customer.Path, seen);
                    figures.Answered.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
                catch (Exception failure) when (failure is ProblemException or HttpRequestException or TimeoutException)
                {
                    // Counted and printed: a benchmark goes on.
                    Interlocked.Increment(ref figures.Failures);
                }
            }
        }));
        figures.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        figures.Processor = platform.ProcessorTime() - used;
        return figures;
    }

    /// <returns>The customer's own access, and where the conversation's messages are.</returns>
    public static async Task<(PublicApi Api, string Path)> OpenAsync(PublicApi anonymous, int index)
    {
        var opened = await anonymous.PostAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat", ["locale"] = "fr", ["customer"] = new JsonObject { ["displayName"] = $"Client {index}" },
        }, CancellationToken.None);
        return (anonymous.As((string)opened["accessToken"]!), $"/v1/conversations/{opened["conversation"]!["id"]}/messages");
    }

    private static async Task<int> SayAsync(PublicApi api, string path, string text) =>
        (int)(await api.PostAsync(path, new JsonObject { ["text"] = text, ["requestId"] = Guid.NewGuid().ToString() }, CancellationToken.None))["sequence"]!;

    private static async Task<int> HearAsync(PublicApi api, string path, int seen)
    {
        while (true)
        {
            var page = (await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{path}?afterSequence={seen}&waitSeconds=10"), CancellationToken.None))["messages"]!.AsArray();
            if (page.Count == 0)
                throw new TimeoutException("No answer within 10 s.");
            seen = (int)page[^1]!["sequence"]!;
            if (page.Any(message => (string)message!["author"]! == "ASSISTANT"))
                return seen;
        }
    }

    private static TimeSpan ProcessorTime(this PlatformProcess platform)
    {
        IEnumerable<int> ids = platform.Mode == PlatformMode.Embedded ? [platform.ProcessId] : platform.Processes().Select(target => target.ProcessId);
        var total = TimeSpan.Zero;
        foreach (var id in ids)
        {
            using var process = Process.GetProcessById(id);
            total += process.TotalProcessorTime;
        }

        return total;
    }
}

internal sealed class ConversationFigures
{
    public ConcurrentBag<double> Stored { get; } = [];

    public ConcurrentBag<double> Answered { get; } = [];

    public int Failures;

    public double Seconds { get; set; }

    /// <summary>What the platform's own processes used, without servers and clients.</summary>
    public TimeSpan Processor { get; set; }

    public double StoredPerSecond => Stored.Count / Seconds;

    /// <param name="reference">What the rate is compared with, a second.</param>
    public void Print(string what, double? reference = null)
    {
        var answers = Answered.IsEmpty ? "" : " and as many answers";
        var ratio = reference is { } rate ? string.Create(CultureInfo.InvariantCulture, $"; ratio to the reference {StoredPerSecond / rate:0.000}") : "";
        Figures.Line(what, string.Create(CultureInfo.InvariantCulture,
            $"{StoredPerSecond:0} customer messages/s{answers}{ratio}; {Processor.TotalMilliseconds / Math.Max(1, Stored.Count):0.0} ms of processor each; {Failures} failures"));
        Figures.Milliseconds("  message acknowledged (durable)", Stored);
        if (!Answered.IsEmpty)
            Figures.Milliseconds("  message to answer readable", Answered);
    }
}
