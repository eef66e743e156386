using Relais.Common.Failures;

namespace Relais.Common.Requests;

/// <summary>A list's filter: terms such as <c>state:OPEN expert:me</c>, all of which must hold.</summary>
public static class FilterTerms
{
    /// <summary>Reads a filter whose terms may only name <paramref name="known"/> keys.</summary>
    public static Outcome<IReadOnlyDictionary<string, string>> Parse(string filter, params string[] known)
    {
        var terms = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var term in filter.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = term.IndexOf(':', StringComparison.Ordinal);
            var key = colon > 0 ? term[..colon] : term;
            if (colon <= 0 || colon == term.Length - 1 || term.Any(char.IsControl) || !known.Contains(key, StringComparer.Ordinal) || !terms.TryAdd(key, term[(colon + 1)..]))
            {
                return Failure.Invalid("filter.invalid", $"'{term}' is not a term of this filter. Known: {string.Join(", ", known.Select(name => name + ":VALUE"))}, each once, joined by spaces.",
                    new FieldViolation("filter", $"'{term}' is not understood."));
            }
        }

        return terms;
    }
}
