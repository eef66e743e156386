using System.Globalization;
using Relais.Common.Requests;
using Relais.Knowledge.Domain.Search;

namespace Relais.Knowledge.Domain;

/// <summary>Something in an article that has to be corrected.</summary>
/// <param name="Field">As the JSON face names it, with [positions].</param>
/// <param name="Code">Stable: <c>field.missing</c>, <c>field.too_long</c>, <c>field.invalid</c>, <c>field.duplicate</c>.</param>
internal sealed record Defect(string Field, string Code, string Message);

/// <summary>What an article may hold. Lengths are in UTF-16 units, as JSON clients count.</summary>
internal static class ArticleRules
{
    public const int LongestTitle = 300;
    public const int LongestBody = 200_000;
    public const int LongestQuestion = 300;
    public const int MostQuestions = 50;
    public const int MostSkills = 20;
    public const int MostKeywords = 100;
    public const int LongestName = 100;
    public const int LongestExternalId = 200;

    /// <summary>What RFC 5646 recommends to reserve (section 4.4.1).</summary>
    public const int LongestLocale = 35;
    public const int HighestLevel = 5;

    /// <summary>Everything that is wrong with an article; empty when it can be kept.</summary>
    public static IReadOnlyList<Defect> Check(ArticleContent content, string externalId)
    {
        var defects = new List<Defect>();
        Text(defects, "title", content.Title, LongestTitle, required: true);
        Text(defects, "body", content.Body, LongestBody, required: true);
        if (!Enum.IsDefined(content.Format))
            defects.Add(new Defect("bodyFormat", "field.invalid", "must be HTML or MARKDOWN."));
        Locale(defects, "locale", content.Locale);
        Text(defects, "category", content.Category, LongestName);
        Text(defects, "audience", content.Audience, LongestName);
        Text(defects, "externalId", externalId, LongestExternalId);
        Texts(defects, "exampleQuestions", content.ExampleQuestions, MostQuestions, LongestQuestion);
        Texts(defects, "keywords", content.Keywords, MostKeywords, LongestName);
        Skills(defects, content.RequiredSkills);
        return defects;
    }

    /// <summary>The audience meant: everyone where none is named; the two that the platform knows in their own spelling.</summary>
    public static string AudienceOf(string given) => given.Trim() switch
    {
        "" => Audiences.Public,
        var named when named.Equals(Audiences.Public, StringComparison.OrdinalIgnoreCase) => Audiences.Public,
        var named when named.Equals(Audiences.Internal, StringComparison.OrdinalIgnoreCase) => Audiences.Internal,
        var segment => segment,
    };

    private static void Text(List<Defect> defects, string field, string value, int longest, bool required = false)
    {
        if (required && string.IsNullOrWhiteSpace(value))
            defects.Add(new Defect(field, "field.missing", "must not be empty."));
        else if (value.Length > longest)
            defects.Add(new Defect(field, "field.too_long", string.Create(CultureInfo.InvariantCulture, $"must be at most {longest} characters long; it has {value.Length}.")));
        else if (value.Contains('\0', StringComparison.Ordinal))
            defects.Add(new Defect(field, "field.invalid", "must not contain the NUL character."));
    }

    private static void Texts(List<Defect> defects, string field, IReadOnlyList<string> values, int most, int longest)
    {
        if (values.Count > most)
        {
            defects.Add(new Defect(field, "field.too_long", string.Create(CultureInfo.InvariantCulture, $"must be at most {most}; there are {values.Count}.")));
            return;
        }

        for (var i = 0; i < values.Count; i++)
            Text(defects, At(field, i), values[i], longest, required: true);
    }

    private static void Skills(List<Defect> defects, IReadOnlyList<SkillNeed> skills)
    {
        const string field = "requiredSkills";
        if (skills.Count > MostSkills)
        {
            defects.Add(new Defect(field, "field.too_long", string.Create(CultureInfo.InvariantCulture, $"must be at most {MostSkills}; there are {skills.Count}.")));
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < skills.Count; i++)
        {
            Text(defects, At(field, i) + ".skill", skills[i].Skill, LongestName, required: true);
            if (skills[i].MinimumLevel is < 0 or > HighestLevel)
                defects.Add(new Defect(At(field, i) + ".minimumLevel", "field.invalid", string.Create(CultureInfo.InvariantCulture, $"must be a level from 0 to {HighestLevel}; it is {skills[i].MinimumLevel}.")));
            if (!seen.Add(skills[i].Skill))
                defects.Add(new Defect(At(field, i) + ".skill", "field.duplicate", "names a skill that is there already."));
        }
    }

    private static void Locale(List<Defect> defects, string field, string value)
    {
        if (value.Length == 0)
            defects.Add(new Defect(field, "field.missing", "must name a language, such as fr or en-GB."));
        else if (value.Length > LongestLocale)
            Text(defects, field, value, LongestLocale);
        else if (new Check().Locale(value, field).Failure is { } failure)
            defects.Add(new Defect(field, "field.invalid", failure.Fields[0].Message));
    }

    private static string At(string field, int position) => string.Create(CultureInfo.InvariantCulture, $"{field}[{position}]");
}
