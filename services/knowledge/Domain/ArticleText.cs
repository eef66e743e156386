namespace Relais.Knowledge.Domain;

/// <summary>The content of an article as a row holds it: of its draft, or of one published version.</summary>
internal abstract class ArticleText
{
    protected ArticleText()
    {
    }

    protected ArticleText(ArticleContent content) => Take(content);

    public string Title { get; protected set; } = "";

    public string Body { get; protected set; } = "";

    public BodyFormat Format { get; protected set; }

    public string Locale { get; protected set; } = "";

    public string Category { get; protected set; } = "";

    public string Audience { get; protected set; } = "";

    public string[] ExampleQuestions { get; protected set; } = [];

    public SkillNeed[] RequiredSkills { get; protected set; } = [];

    public string[] Keywords { get; protected set; } = [];

    public ArticleContent ToContent() =>
        new(Title, Body, Format, Locale, Category, Audience, ExampleQuestions, RequiredSkills, Keywords);

    protected void Take(ArticleContent content)
    {
        Title = content.Title;
        Body = content.Body;
        Format = content.Format;
        Locale = content.Locale;
        Category = content.Category;
        Audience = content.Audience;
        ExampleQuestions = [.. content.ExampleQuestions];
        RequiredSkills = [.. content.RequiredSkills];
        Keywords = [.. content.Keywords];
    }
}
