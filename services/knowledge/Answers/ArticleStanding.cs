using Relais.Knowledge.Domain;
using Relais.Knowledge.Domain.Search;

namespace Relais.Knowledge.Answers;

/// <summary>Where an article stands with readers, at one of its revisions.</summary>
/// <param name="Revision">Of the article's row: a higher one is a later state.</param>
/// <param name="Found">What readers find; null when they do not find it.</param>
internal sealed record ArticleStanding(Guid ArticleId, int Revision, FoundArticle? Found)
{
    public static ArticleStanding Of(Article article, ArticleVersion version) => new(article.Id, article.Revision, new FoundArticle(
        version.Version, version.Locale, version.Title, version.PlainText, version.Category, version.Audience,
        version.ExampleQuestions, version.Keywords, version.ExternalId, version.RequiredSkills));

    public static ArticleStanding Gone(Article article) => new(article.Id, article.Revision, null);
}

/// <summary>A published version as answers need it.</summary>
internal sealed record FoundArticle(
    int Version,
    string Locale,
    string Title,
    string PlainText,
    string Category,
    string Audience,
    string[] ExampleQuestions,
    string[] Keywords,
    string? ExternalId,
    SkillNeed[] RequiredSkills)
{
    /// <summary>
    /// The article for the search. All keywords together stand as one example question: a word of a long list counts
    /// little, as it should.
    /// </summary>
    public ArticleDocument ToDocument(Guid articleId) => new(
        articleId.ToString(), Version, Locale, Title, PlainText, Category, Audience,
        Keywords.Length == 0 ? ExampleQuestions : [.. ExampleQuestions, string.Join(' ', Keywords)]);
}
