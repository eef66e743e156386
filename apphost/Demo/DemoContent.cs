using System.Reflection;
using System.Text.Json.Nodes;

namespace Relais.AppHost.Demo;

/// <summary>The demo's content: a fictional provider of electricity and internet, in French and English.</summary>
internal static class DemoContent
{
    private const string Prefix = "demo/";

    private static readonly Assembly Assembly = typeof(DemoContent).Assembly;

    /// <summary>A JSON file of the content folder.</summary>
    public static JsonNode Json(string name)
    {
        using var stream = Assembly.GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"The demo content has no {name}.");
        return JsonNode.Parse(stream)!;
    }

    /// <summary>The articles, as entries of an import.</summary>
    public static IEnumerable<JsonObject> Articles()
    {
        foreach (var name in Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(Assembly.GetManifestResourceStream(name)!);
            var parts = name[(name.LastIndexOf('/') + 1)..].Split('.');
            yield return ReadArticle(parts[0], parts[1], reader.ReadToEnd());
        }
    }

    // Front matter between two lines of ---, each line `key: value`; lists are JSON on one line. Then Markdown.
    private static JsonObject ReadArticle(string key, string locale, string text)
    {
        var lines = text.Split('\n');
        var end = Array.IndexOf(lines, "---", 1);
        var matter = lines[1..end].ToDictionary(line => line[..line.IndexOf(':', StringComparison.Ordinal)], line => line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..]);
        return new JsonObject
        {
            ["externalId"] = key,
            ["locale"] = locale,
            ["title"] = matter["title"],
            ["category"] = matter["category"],
            ["audience"] = matter["audience"],
            ["bodyFormat"] = "MARKDOWN",
            ["body"] = string.Join('\n', lines[(end + 1)..]).Trim(),
            ["requiredSkills"] = JsonNode.Parse(matter["skills"]),
            ["exampleQuestions"] = JsonNode.Parse(matter["questions"]),
        };
    }
}
