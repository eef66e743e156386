using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.AppHost.Play;

/// <summary>Imports a knowledge base and asks questions from it.</summary>
internal static class KnowledgePlay
{
    private const int Batch = 200;

    public static async Task RunAsync(
        Stage stage, PublicApi anonymous, PublicApi author, string file, string? queries, string locale, CancellationToken cancellationToken)
    {
        var entries = ReadFile(file);
        var imported = 0;
        for (var start = 0; start < entries.Count; start += Batch)
        {
            var part = entries.Skip(start).Take(Batch).ToList();
            var answer = await stage.StepAsync("author", $"imports articles {start + 1} to {start + part.Count} of {entries.Count}", () => author.PostAsync(
                "/v1/articles:import",
                new JsonObject { ["articles"] = new JsonArray([.. part.Select(entry => entry?.DeepClone())]), ["locale"] = locale, ["publish"] = true },
                cancellationToken));
            imported += (int)answer["imported"]! + (int)answer["updated"]!;
            foreach (var problem in answer["problems"]!.AsArray())
                Stage.Say($"entry {start + (int)problem!["position"]!}: {problem["message"]}");
        }

        Stage.Say($"{imported} of {entries.Count} articles are in");
        var questions = queries is null ? Titles(entries) : ReadQueries(queries);
        var answered = 0;
        var times = new List<double>();
        foreach (var question in questions)
        {
            var began = Stopwatch.GetTimestamp();
            var answer = await anonymous.PostAsync("/v1/knowledge:ask", new JsonObject { ["question"] = question, ["locale"] = locale }, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            var isAnswered = (bool)answer["answered"]!;
            answered += isAnswered ? 1 : 0;
            var best = answer["answers"]!.AsArray().FirstOrDefault();
            Stage.Say(string.Create(CultureInfo.InvariantCulture, $"{question}\n  {(isAnswered ? "→" : "does not know; nearest:")} {best?["title"]} ({(double?)best?["confidence"] ?? 0:0.00})"));
        }

        times.Sort();
        if (times.Count > 0)
            Stage.Say(string.Create(CultureInfo.InvariantCulture, $"{answered} of {questions.Count} answered; a question takes {times[times.Count / 2]:0.0} ms (median), {times[^1]:0.0} ms (slowest)"));
    }

    private static JsonArray ReadFile(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) as JsonArray ?? throw new PlayException($"{file} is not a JSON array of articles.");
        }
        catch (JsonException broken)
        {
            throw new PlayException($"{file} is not JSON: {broken.Message}");
        }
        catch (IOException missing)
        {
            throw new PlayException(missing.Message);
        }
    }

    private static List<string> Titles(JsonArray entries) =>
        [.. entries.Select(entry => (entry as JsonObject)?["title"] as JsonValue).Where(title => title is not null).Select(title => title!.ToString()).Take(20)];

    private static List<string> ReadQueries(string file)
    {
        var lines = File.ReadAllLines(file);
        var column = Array.IndexOf(lines.FirstOrDefault()?.Split('\t') ?? [], "query");
        return column < 0
            ? throw new PlayException($"{file} has no column 'query' in its first line.")
            : [.. lines.Skip(1).Select(line => line.Split('\t')).Where(cells => cells.Length > column).Select(cells => cells[column])];
    }
}
