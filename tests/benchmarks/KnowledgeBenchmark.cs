using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>A large knowledge base: importing it, asking it, and starting with it.</summary>
internal static class KnowledgeBenchmark
{
    private const int Batch = 500;

    // So many until what answers them is compiled for good.
    private const int Warmup = 2_000;

    public static async Task RunAsync(CommandLine options)
    {
        var count = options.Whole("articles", 10_000, 1, 1_000_000);
        var asked = options.Whole("questions", 2_000, 1, 10_000_000);
        var file = options.Has("kb") ? options.Text("kb") : null;
        options.RefuseOthers();
        var source = file is not null ? JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsArray() : Invented();
        await using var platform = await PlatformProcess.StartAsync();
        using var anonymous = new PublicApi(platform.Address);
        using var author = await platform.SignInAsync(anonymous, "administrator", CancellationToken.None);
        var began = Stopwatch.GetTimestamp();
        for (var start = 0; start < count; start += Batch)
        {
            var batch = new JsonArray();
            for (var position = start; position < Math.Min(count, start + Batch); position++)
                batch.Add(Copy(source[position % source.Count]!.AsObject(), position, source.Count));
            var answer = await author.PostAsync("/v1/articles:import", new JsonObject { ["articles"] = batch, ["locale"] = "fr", ["publish"] = true }, CancellationToken.None);
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"\r{start + batch.Count} of {count}, {answer["problems"]!.AsArray().Count} problems"));
        }

        Console.WriteLine();
        Figures.Number($"{count} articles imported in", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");
        var questions = source.Select(entry => (string)entry!["title"]!).ToList();
        var times = new List<double>();
        for (var turn = 0; turn < asked + Warmup; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            await anonymous.PostAsync("/v1/knowledge:ask", new JsonObject { ["question"] = questions[turn * 7 % questions.Count], ["locale"] = "fr" }, CancellationToken.None);
            if (turn >= Warmup)
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Figures.Milliseconds($"ask over HTTP at {count} articles", times);
        await platform.TerminateAsync();
        await platform.StartAgainAsync();
        Figures.Number($"start with {count} articles", platform.StartTime.TotalSeconds, "s");
    }

    // Each copy has words of its own, so that it is a document and not a repetition.
    private static JsonObject Copy(JsonObject entry, int position, int distinct)
    {
        var copy = entry.DeepClone().AsObject();
        var round = position / distinct;
        if (round > 0)
        {
            copy["id"] = string.Create(CultureInfo.InvariantCulture, $"{entry["id"]}-{round}");
            copy["title"] = string.Create(CultureInfo.InvariantCulture, $"{entry["title"]} (cas {round} dossier{position % 977})");
        }

        return copy;
    }

    // Sentences of a few hundred words in changing order: about 3 KB an article.
    private static JsonArray Invented()
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 4_000).Select(index => Word(new Random(index)))];
        return [.. Enumerable.Range(0, 1_000).Select(index => (JsonNode)new JsonObject
        {
            ["id"] = index.ToString(CultureInfo.InvariantCulture),
            ["title"] = string.Join(' ', Enumerable.Range(0, 7).Select(_ => words[(int)(words.Length * Math.Pow(random.NextDouble(), 2))])),
            ["body"] = string.Join(' ', Enumerable.Range(0, 400).Select(_ => words[(int)(words.Length * Math.Pow(random.NextDouble(), 3))])),
        })];
    }

    private static string Word(Random random)
    {
        string[] syllables = ["ba", "con", "dé", "fac", "ga", "lier", "mo", "nel", "pri", "ra", "sou", "ti", "ture", "ver", "zon"];
        return string.Concat(Enumerable.Range(0, random.Next(2, 5)).Select(_ => syllables[random.Next(syllables.Length)]));
    }
}
