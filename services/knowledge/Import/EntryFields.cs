using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Relais.Knowledge.Domain;
using Kind = Google.Protobuf.WellKnownTypes.Value.KindOneofCase;

namespace Relais.Knowledge.Import;

/// <summary>The fields of an entry, found without regard to case and underscores; notes those of the wrong type.</summary>
internal sealed class EntryFields
{
    private readonly Dictionary<string, Value> values = new(StringComparer.Ordinal);
    private readonly List<Defect> defects = [];

    public EntryFields(Struct entry)
    {
        foreach (var (name, value) in entry.Fields)
        {
            if (value.KindCase is not (Kind.NullValue or Kind.None))
                values.TryAdd(name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant(), value);
        }
    }

    public IReadOnlyList<Defect> Defects => defects;

    /// <summary>Whether there is anything under a name.</summary>
    public bool Has(string name) =>
        values.TryGetValue(name, out var value) && (value.KindCase != Kind.StringValue || !string.IsNullOrWhiteSpace(value.StringValue));

    public void Report(string field, string code, string message) => defects.Add(new Defect(field, code, message));

    /// <summary>The text under the first of the names that is there; empty without one.</summary>
    /// <param name="field">The article's field, to report.</param>
    /// <param name="orNumber">Whether a number will do, as it is written.</param>
    public string Text(string field, string[] names, bool orNumber = false)
    {
        switch (Find(names))
        {
            case null:
                return "";
            case { KindCase: Kind.StringValue } text:
                return text.StringValue;
            case { KindCase: Kind.NumberValue } number when orNumber:
                return number.NumberValue.ToString("R", CultureInfo.InvariantCulture);
            default:
                WrongType(field, orNumber ? "must be a text or a number." : "must be a text.");
                return "";
        }
    }

    /// <summary>A list of texts, or one text with separators; blank ones are left out.</summary>
    public string[] Texts(string field, string[] names, params char[] separators)
    {
        switch (Find(names))
        {
            case null:
                return [];
            case { KindCase: Kind.StringValue } text:
                return text.StringValue.Split(separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            case { KindCase: Kind.ListValue } list when list.ListValue.Values.All(item => item.KindCase == Kind.StringValue):
                return [.. list.ListValue.Values.Select(item => item.StringValue).Where(item => !string.IsNullOrWhiteSpace(item))];
            default:
                WrongType(field, "must be a list of texts.");
                return [];
        }
    }

    /// <summary>A list of objects {skill, minimumLevel}, or of names of skills, which then need level 1.</summary>
    public SkillNeed[] Skills(string field, string[] names)
    {
        var value = Find(names);
        if (value is null)
            return [];
        var needs = value.KindCase == Kind.ListValue ? value.ListValue.Values.Select(SkillOf).ToList() : [null];
        if (!needs.Contains(null))
            return [.. needs.OfType<SkillNeed>()];
        WrongType(field, "must be a list of {\"skill\": \"billing\", \"minimumLevel\": 2}, or of names of skills.");
        return [];
    }

    private static SkillNeed? SkillOf(Value value)
    {
        const int someKnowledge = 1;
        if (value.KindCase == Kind.StringValue)
            return new SkillNeed(value.StringValue, someKnowledge);
        if (value.KindCase != Kind.StructValue)
            return null;
        var fields = new EntryFields(value.StructValue);
        var skill = fields.Text("", ["skill", "name", "id"]);
        if (fields.Defects.Count > 0)
            return null;
        return fields.Find(["minimumlevel", "level"]) switch
        {
            null => new SkillNeed(skill, someKnowledge),
            { KindCase: Kind.NumberValue, NumberValue: var level } when level == Math.Truncate(level) && Math.Abs(level) < 1_000 => new SkillNeed(skill, (int)level),
            _ => null,
        };
    }

    private Value? Find(string[] names)
    {
        var name = Array.Find(names, Has);
        return name is null ? null : values[name];
    }

    private void WrongType(string field, string message) => Report(field, "field.wrong_type", message);
}
