using Relais.Common.Failures;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Grpc;
using Format = Relais.Contracts.Knowledge.V1.Article.Types.BodyFormat;

namespace Relais.Knowledge.Features;

/// <summary>Which fields an update changes: those that its mask names, without one those that it fills (AIP-134).</summary>
internal static class ArticleMask
{
    private static readonly Dictionary<string, Func<UpdateArticleRequest, bool>> IsFilled = new(StringComparer.Ordinal)
    {
        ["title"] = request => request.Title.Length > 0,
        ["body"] = request => request.Body.Length > 0,
        ["body_format"] = request => request.BodyFormat != Format.Unspecified,
        ["locale"] = request => request.Locale.Length > 0,
        ["category"] = request => request.Category.Length > 0,
        ["audience"] = request => request.Audience.Length > 0,
        ["example_questions"] = request => request.ExampleQuestions.Count > 0,
        ["required_skills"] = request => request.RequiredSkills.Count > 0,
    };

    public static Outcome<HashSet<string>> FieldsOf(UpdateArticleRequest request)
    {
        if (request.UpdateMask is not { Paths: { Count: > 0 } paths })
            return IsFilled.Where(field => field.Value(request)).Select(field => field.Key).ToHashSet(StringComparer.Ordinal);
        if (paths is ["*"])
            return IsFilled.Keys.ToHashSet(StringComparer.Ordinal);
        return paths.FirstOrDefault(path => !IsFilled.ContainsKey(path)) is { } unknown
            ? Failure.Invalid("update_mask.invalid", $"The update mask names '{unknown}', which cannot be changed. It can name: {string.Join(", ", IsFilled.Keys)}.",
                new FieldViolation("updateMask", $"'{unknown}' is not a field that an update can change."))
            : paths.ToHashSet(StringComparer.Ordinal);
    }

    public static ArticleContent Apply(UpdateArticleRequest request, HashSet<string> fields, ArticleContent content)
    {
        if (fields.Contains("title"))
            content = content with { Title = request.Title };
        // A new body without a format may be written in the other one.
        if (fields.Contains("body"))
            content = content with { Body = request.Body, Format = ArticleMessages.FormatOf(request.BodyFormat, request.Body) };
        else if (fields.Contains("body_format"))
            content = content with { Format = ArticleMessages.FormatOf(request.BodyFormat, content.Body) };
        if (fields.Contains("locale"))
            content = content with { Locale = request.Locale };
        if (fields.Contains("category"))
            content = content with { Category = request.Category };
        if (fields.Contains("audience"))
            content = content with { Audience = ArticleRules.AudienceOf(request.Audience) };
        if (fields.Contains("example_questions"))
            content = content with { ExampleQuestions = [.. request.ExampleQuestions] };
        if (fields.Contains("required_skills"))
            content = content with { RequiredSkills = [.. request.RequiredSkills.Select(ArticleMessages.ToNeed)] };
        return content;
    }
}
