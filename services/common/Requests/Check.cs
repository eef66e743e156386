using Relais.Common.Failures;

namespace Relais.Common.Requests;

/// <summary>Collects everything that is wrong with a request, so that one answer reports it all.</summary>
public sealed class Check
{
    /// <summary>The longest text a person may send at once, in UTF-16 units.</summary>
    public const int LongestText = 20_000;

    private readonly List<FieldViolation> violations = [];

    /// <summary>The failure to answer with; null when the request is in order.</summary>
    public Failure? Failure => violations.Count == 0
        ? null
        : new Failure(FailureKind.Invalid, "request.invalid", "The request has fields to correct: " +
            string.Join(' ', violations.Select(violation => $"{violation.Field}: {violation.Message}")))
        {
            Fields = violations,
        };

    public Check That(bool condition, string field, string message)
    {
        if (!condition)
            violations.Add(new FieldViolation(field, message));
        return this;
    }

    /// <summary>Text that people read: there, not too long, and without NUL, which no database keeps.</summary>
    public Check Text(string value, string field, int longest = LongestText, bool required = true)
    {
        if (required && string.IsNullOrWhiteSpace(value))
            return That(false, field, "must not be empty.");
        if (value.Length > longest)
            return That(false, field, $"must be at most {longest} characters long; it has {value.Length}.");
        return That(!value.Contains('\0', StringComparison.Ordinal), field, "must not contain the NUL character.");
    }

    public Check Id(string value, string field) => That(Guid.TryParse(value, out _), field, $"'{Shown(value)}' is not an id (a UUID).");

    /// <summary>A BCP 47 tag as Relais uses them: a language, or a language and a region (<c>fr</c>, <c>fr-CA</c>).</summary>
    public Check Locale(string value, string field, bool required = true) =>
        value.Length == 0 && !required ? this : That(IsLocale(value), field, $"'{Shown(value)}' is not a language tag such as fr or en-GB.");

    /// <summary>The caller's own key for a request: text in one line, as databases keep it.</summary>
    public Check RequestId(string value) => That(value.Length <= 100, "requestId", "must be at most 100 characters long.")
        .That(!value.Any(char.IsControl), "requestId", "must not contain control characters.");

    private static bool IsLocale(string value) => value.Split('-') is [{ Length: 2 or 3 } language, .. var rest]
        && language.All(char.IsAsciiLetterLower)
        && rest.All(part => part.Length is >= 2 and <= 8 && part.All(char.IsAsciiLetterOrDigit));

    private static string Shown(string value) => value.Length <= 60 ? value : value[..60] + "…";
}
