using Value = Google.Protobuf.WellKnownTypes.Value;
using Relais.Knowledge.Domain;
using Kind = Google.Protobuf.WellKnownTypes.Value.KindOneofCase;

namespace Relais.Knowledge.Import;

/// <summary>An entry of an import as an article, under whatever names another system wrote its fields.</summary>
/// <param name="Position">In the request, from 0.</param>
/// <param name="ExternalId">Empty for none.</param>
/// <param name="Defects">What keeps it out; empty when it goes in.</param>
internal sealed record ImportEntry(int Position, string ExternalId, ArticleContent Content, IReadOnlyList<Defect> Defects)
{
    private static readonly string[] TitleNames = ["title", "titre", "question"];
    private static readonly string[] CategoryNames = ["category", "categorie", "catégorie", "theme", "thème"];
    private static readonly string[] AudienceNames = ["audience"];
    private static readonly string[] LocaleNames = ["locale", "language", "lang", "langue"];
    private static readonly string[] IdNames = ["externalid", "id"];
    private static readonly string[] QuestionNames = ["examplequestions", "questions"];
    private static readonly string[] KeywordNames = ["keywords", "tags", "motscles"];
    private static readonly string[] SkillNames = ["requiredskills", "skills"];
    private static readonly string[] FormatNames = ["bodyformat", "format"];

    // In the order of preference: a file may hold the same text twice, once with its markup and once without.
    private static readonly (string Name, BodyFormat? Format)[] BodyNames =
    [
        ("body", null), ("bodyhtml", BodyFormat.Html), ("html", BodyFormat.Html), ("bodymarkdown", BodyFormat.Markdown),
        ("markdown", BodyFormat.Markdown), ("content", null), ("contenu", null), ("answer", null), ("reponse", null),
        ("réponse", null), ("bodytext", null), ("text", null),
    ];

    private static readonly char[] BetweenKeywords = [',', ';', '|', '\n'];

    private static readonly ArticleContent Nothing = new("", "", BodyFormat.Markdown, "", "", "", [], [], []);

    /// <summary>Reads an entry. Fields that no article has are passed over.</summary>
    /// <param name="defaultLocale">For an entry that names none; may be empty.</param>
    public static ImportEntry Read(int position, Value value, string defaultLocale)
    {
        if (value.KindCase != Kind.StructValue)
            return new ImportEntry(position, "", Nothing, [new Defect("", "import.not_an_object", "must be an object with the fields of an article.")]);

        var fields = new EntryFields(value.StructValue);
        var (body, format) = Body(fields);
        var locale = LocaleOf(fields.Text("locale", LocaleNames));
        var content = new ArticleContent(
            fields.Text("title", TitleNames),
            body,
            format,
            locale.Length > 0 ? locale : defaultLocale,
            fields.Text("category", CategoryNames),
            ArticleRules.AudienceOf(fields.Text("audience", AudienceNames)),
            fields.Texts("exampleQuestions", QuestionNames, '\n'),
            fields.Skills("requiredSkills", SkillNames),
            [.. fields.Texts("keywords", KeywordNames, BetweenKeywords).Distinct(StringComparer.Ordinal)]);
        var externalId = fields.Text("externalId", IdNames, orNumber: true);
        // A field of the wrong type is read as empty; that it is missing too would be noise.
        var wrong = fields.Defects.Select(defect => defect.Field).ToHashSet(StringComparer.Ordinal);
        return new ImportEntry(position, externalId, content,
            [.. fields.Defects, .. ArticleRules.Check(content, externalId).Where(defect => !wrong.Contains(defect.Field))]);
    }

    private static (string Body, BodyFormat Format) Body(EntryFields fields)
    {
        var (name, known) = BodyNames.FirstOrDefault(candidate => fields.Has(candidate.Name), BodyNames[0]);
        var body = fields.Text("body", [name]);
        var named = fields.Text("bodyFormat", FormatNames);
        if (known is null && named.Length > 0)
        {
            if (Enum.GetNames<BodyFormat>().Contains(named, StringComparer.OrdinalIgnoreCase))
                known = Enum.Parse<BodyFormat>(named, ignoreCase: true);
            else
                fields.Report("bodyFormat", "field.invalid", "must be HTML or MARKDOWN.");
        }

        return (body, known ?? Markup.FormatOf(body));
    }

    // Other systems write fr_FR, FR or fr-fr.
    private static string LocaleOf(string given)
    {
        var parts = given.Trim().Replace('_', '-').Split('-');
        parts[0] = parts[0].ToLowerInvariant();
        for (var i = 1; i < parts.Length; i++)
            parts[i] = parts[i].Length == 2 ? parts[i].ToUpperInvariant() : parts[i];
        return string.Join('-', parts);
    }
}
