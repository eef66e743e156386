using System.Diagnostics.CodeAnalysis;

namespace Relais.Gateway.JsonFace;

/// <summary>
/// A path of <c>google.api.http</c>: literal segments, variables that take one segment each, and an optional verb after
/// the last segment, such as <c>/v1/offers/{id}:accept</c>.
/// </summary>
internal sealed class PathTemplate
{
    private PathTemplate(string text, IReadOnlyList<Segment> segments, string verb)
    {
        Text = text;
        Segments = segments;
        Verb = verb;
    }

    public string Text { get; }

    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>Without its colon; empty for a path without one.</summary>
    public string Verb { get; }

    public IEnumerable<string> Variables => Segments.Where(segment => segment.IsVariable).Select(segment => segment.Text);

    /// <exception cref="FormatException">The contracts hold a path that this face cannot serve.</exception>
    public static PathTemplate Parse(string text)
    {
        if (!text.StartsWith('/'))
            throw new FormatException($"The path template '{text}' does not begin with a slash.");

        var parts = text[1..].Split('/');
        var verb = "";
        if (!SplitVerb(parts[^1], out var last, out var found))
            last = parts[^1];
        else
            verb = found;
        parts[^1] = last;
        return new PathTemplate(text, [.. parts.Select(part => Segment.Parse(part, text))], verb);
    }

    /// <summary>Splits the last segment of a path at its last colon.</summary>
    public static bool SplitVerb(string segment, out string rest, [NotNullWhen(true)] out string? verb)
    {
        var colon = segment.LastIndexOf(':');
        (rest, verb) = colon < 0 ? (segment, null) : (segment[..colon], segment[(colon + 1)..]);
        return verb is not null;
    }

    public override string ToString() => Text;

    internal readonly record struct Segment(string Text, bool IsVariable)
    {
        public static Segment Parse(string part, string template)
        {
            var isVariable = part is ['{', .., '}'];
            var text = isVariable ? part[1..^1] : part;
            return text.Length > 0 && text.AsSpan().IndexOfAny("{}*=:") < 0
                ? new Segment(text, isVariable)
                : throw new FormatException($"The segment '{part}' of the path template '{template}' is neither a literal nor a variable of one segment.");
        }
    }
}
