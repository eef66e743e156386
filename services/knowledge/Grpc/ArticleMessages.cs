using Google.Protobuf.WellKnownTypes;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Types.V1;
using Relais.Knowledge.Domain;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Grpc;

/// <summary>Articles as the contract writes them.</summary>
internal static class ArticleMessages
{
    /// <summary>The draft, with where its article stands.</summary>
    public static Proto.Article ToMessage(this Article article)
    {
        var message = Of(article);
        message.Id = article.Id.ToString();
        message.Version = article.Version;
        message.State = (Proto.Article.Types.State)article.State;
        message.ExternalId = article.ExternalId ?? "";
        message.CreatedAt = At(article.CreatedAt);
        message.UpdatedAt = At(article.UpdatedAt);
        message.PublishedAt = article.PublishedAt is { } published ? At(published) : null;
        message.Etag = Etags.Of(article);
        return message;
    }

    /// <summary>One published version; it never changes, so it has no etag.</summary>
    public static Proto.Article ToMessage(this ArticleVersion version, DateTimeOffset createdAt)
    {
        var message = Of(version);
        message.Id = version.ArticleId.ToString();
        message.Version = version.Version;
        message.State = Proto.Article.Types.State.Published;
        message.ExternalId = version.ExternalId ?? "";
        message.CreatedAt = At(createdAt);
        message.UpdatedAt = At(version.PublishedAt);
        message.PublishedAt = At(version.PublishedAt);
        return message;
    }

    public static SkillRequirement ToMessage(this SkillNeed need) => new() { Skill = need.Skill, MinimumLevel = need.MinimumLevel };

    public static SkillNeed ToNeed(this SkillRequirement requirement) => new(requirement.Skill, requirement.MinimumLevel);

    /// <summary>The format given, else the one that the body has; a number that the contract does not know is kept for the rules to refuse.</summary>
    public static BodyFormat FormatOf(Proto.Article.Types.BodyFormat given, string body) =>
        given == Proto.Article.Types.BodyFormat.Unspecified ? Markup.FormatOf(body) : (BodyFormat)given;

    /// <summary>What to answer an author whose article has defects; null when it has none.</summary>
    public static Failure? FailureOf(IReadOnlyList<Defect> defects) =>
        defects.Aggregate(new Check(), (check, defect) => check.That(false, defect.Field, defect.Message)).Failure;

    // As fine as the database keeps it, so that the first answer tells the same as every later one.
    private static Timestamp At(DateTimeOffset instant) => instant.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMicrosecond)).ToTimestamp();

    private static Proto.Article Of(ArticleText text)
    {
        var message = new Proto.Article
        {
            Title = text.Title,
            Body = text.Body,
            BodyFormat = (Proto.Article.Types.BodyFormat)text.Format,
            Locale = text.Locale,
            Category = text.Category,
            Audience = text.Audience,
        };
        message.ExampleQuestions.AddRange(text.ExampleQuestions);
        message.RequiredSkills.AddRange(text.RequiredSkills.Select(ToMessage));
        return message;
    }
}
