namespace Relais.Knowledge.Domain;

/// <summary>How a body is written.</summary>
internal enum BodyFormat
{
    Html = 1,
    Markdown = 2,
}

/// <summary>A skill that the matter of an article needs, and the least level (0 to 5) in it.</summary>
internal sealed record SkillNeed(string Skill, int MinimumLevel);

/// <summary>
/// What an author writes, as it came in. A body may hold any HTML, scripts too: whoever renders it in a browser must
/// sanitise it there. Search, answers and snippets use plain text only.
/// </summary>
/// <param name="Title">Title or question, at most <see cref="ArticleRules.LongestTitle"/>.</param>
/// <param name="Body">HTML or Markdown, at most <see cref="ArticleRules.LongestBody"/>.</param>
/// <param name="Locale">BCP 47 tag, such as <c>fr</c> or <c>en-GB</c>.</param>
/// <param name="Category">The tenant's own word; empty for none.</param>
/// <param name="Audience">Who may read it: <c>public</c>, <c>internal</c> (staff alone) or a segment's name.</param>
/// <param name="ExampleQuestions">Questions that it answers, in the words of customers.</param>
/// <param name="Keywords">Words that another system filed it under; they weigh less than an example question.</param>
internal sealed record ArticleContent(
    string Title,
    string Body,
    BodyFormat Format,
    string Locale,
    string Category,
    string Audience,
    IReadOnlyList<string> ExampleQuestions,
    IReadOnlyList<SkillNeed> RequiredSkills,
    IReadOnlyList<string> Keywords)
{
    public bool SameAs(ArticleContent other) =>
        Title == other.Title && Body == other.Body && Format == other.Format && Locale == other.Locale
        && Category == other.Category && Audience == other.Audience
        && ExampleQuestions.SequenceEqual(other.ExampleQuestions)
        && RequiredSkills.SequenceEqual(other.RequiredSkills)
        && Keywords.SequenceEqual(other.Keywords);
}
