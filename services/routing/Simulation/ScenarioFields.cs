using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Relais.Routing.Simulation;

/// <summary>An object of a scenario file: reads its fields and gathers what is wrong with them, each with its place.</summary>
internal sealed class ScenarioFields(JsonObject fields, string place, List<string> problems)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => fields.Select(entry => entry.Key);

    public bool Has(string name) => fields[Seen(name)] is not null;

    /// <summary>Where a field is in the file.</summary>
    public string PlaceOf(string name) => place.Length == 0 ? name : $"{place}.{name}";

    public void Problem(string name, string what) => problems.Add($"{PlaceOf(name)}: {what}");

    /// <summary>A number between two bounds; without one, what stands in for it, or a problem when nothing does.</summary>
    public double Number(string name, double least, double most, double? otherwise = null)
    {
        if (fields[Seen(name)] is not { } node)
        {
            if (otherwise is null) Problem(name, "is missing");
            return otherwise ?? least;
        }

        if (node is JsonValue value && value.TryGetValue<double>(out var number) && number >= least && number <= most) return number;
        Problem(name, string.Create(CultureInfo.InvariantCulture, $"is a number from {least} to {most}"));
        return otherwise ?? least;
    }

    public int Whole(string name, int least, int most, int? otherwise = null)
    {
        var number = Number(name, least, most, otherwise);
        if (number != Math.Floor(number)) Problem(name, "is a whole number");
        return (int)number;
    }

    public string Text(string name, string? otherwise = null)
    {
        if (fields[Seen(name)] is not { } node)
        {
            if (otherwise is null) Problem(name, "is missing");
            return otherwise ?? "";
        }

        if (node is JsonValue value && value.GetValueKind() == JsonValueKind.String) return (string)value!;
        Problem(name, "is a text");
        return otherwise ?? "";
    }

    /// <summary>Whatever stands there, for others to read; null when it is missing.</summary>
    public JsonNode? Node(string name) => fields[Seen(name)];

    /// <summary>An object; an empty one when it is missing.</summary>
    public ScenarioFields Object(string name)
    {
        if (fields[Seen(name)] is JsonObject found) return new ScenarioFields(found, PlaceOf(name), problems);
        if (fields[name] is not null) Problem(name, "is an object {…}");
        return new ScenarioFields([], PlaceOf(name), problems);
    }

    /// <summary>A list of objects; empty when it is missing.</summary>
    public List<ScenarioFields> Objects(string name)
    {
        var found = new List<ScenarioFields>();
        if (fields[Seen(name)] is not { } node) return found;
        if (node is not JsonArray array)
        {
            Problem(name, "is a list […]");
            return found;
        }

        for (var index = 0; index < array.Count; index++)
        {
            if (array[index] is JsonObject entry) found.Add(new ScenarioFields(entry, $"{PlaceOf(name)}[{index}]", problems));
            else problems.Add($"{PlaceOf(name)}[{index}]: is an object {{…}}");
        }

        return found;
    }

    /// <summary>A list of numbers between bounds; what stands in for it when it is missing.</summary>
    public IReadOnlyList<double> Numbers(string name, double least, double most, int? count, IReadOnlyList<double> otherwise)
    {
        if (fields[Seen(name)] is not { } node) return otherwise;
        if (node is JsonArray array && (count is null || array.Count == count)
            && array.All(entry => entry is JsonValue value && value.TryGetValue<double>(out var number) && number >= least && number <= most))
        {
            return [.. array.Select(entry => (double)entry!)];
        }

        Problem(name, string.Create(CultureInfo.InvariantCulture, $"is a list of {(count is null ? "" : $"{count} ")}numbers from {least} to {most}"));
        return otherwise;
    }

    /// <summary>Reports the fields that nothing asked for: most often a spelling.</summary>
    public void RefuseOthers()
    {
        foreach (var name in Names.Where(name => !_read.Contains(name))) Problem(name, "is not a field of a scenario");
    }

    private string Seen(string name)
    {
        _read.Add(name);
        return name;
    }
}
