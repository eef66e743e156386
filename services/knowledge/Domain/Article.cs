using Relais.Common.Data;

namespace Relais.Knowledge.Domain;

internal enum ArticleState
{
    /// <summary>Never published.</summary>
    Draft = 1,

    /// <summary>Readers see the draft as it is.</summary>
    Published = 2,

    /// <summary>Published, with a draft that is newer.</summary>
    Changed = 3,

    /// <summary>Out of search and answers; publishing brings it back.</summary>
    Archived = 4,
}

/// <summary>An article: its draft, and which of its versions readers see.</summary>
internal sealed class Article : ArticleText, ITenantOwned, IVersioned
{
    private Article()
    {
    }

    private Article(ArticleContent content) : base(content)
    {
    }

    public Guid Id { get; private init; }

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    /// <summary>Its key in the system it came from; with the locale unique in the tenant. Null for none.</summary>
    public string? ExternalId { get; private init; }

    public ArticleState State { get; private set; }

    /// <summary>The latest published version; 0 before the first.</summary>
    public int Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>When the latest version was published.</summary>
    public DateTimeOffset? PublishedAt { get; private set; }

    /// <summary>Whether readers find it.</summary>
    public bool IsFound => State is ArticleState.Published or ArticleState.Changed;

    /// <summary>A new draft.</summary>
    public static Article Draft(ArticleContent content, string externalId, DateTimeOffset now) => new(content)
    {
        Id = Guid.CreateVersion7(now),
        ExternalId = externalId.Length == 0 ? null : externalId,
        State = ArticleState.Draft,
        CreatedAt = now,
        UpdatedAt = now,
    };

    /// <summary>Changes the draft; readers go on seeing the published version.</summary>
    /// <returns>Whether anything is different now.</returns>
    public bool Rewrite(ArticleContent content, DateTimeOffset now)
    {
        if (content.SameAs(ToContent()))
            return false;
        Take(content);
        UpdatedAt = now;
        if (State == ArticleState.Published)
            State = ArticleState.Changed;
        return true;
    }

    /// <summary>Makes the draft the next version.</summary>
    /// <param name="plainText">The body as search reads it.</param>
    /// <returns>The version; null when readers see this very draft already.</returns>
    public ArticleVersion? Publish(string plainText, DateTimeOffset now)
    {
        if (State == ArticleState.Published)
            return null;
        Version++;
        State = ArticleState.Published;
        UpdatedAt = now;
        PublishedAt = now;
        return new ArticleVersion(this, plainText, now);
    }

    /// <summary>Takes the article away from readers; its versions stay.</summary>
    /// <returns>Whether readers saw it until now.</returns>
    public bool Archive(DateTimeOffset now)
    {
        var wasFound = IsFound;
        if (State != ArticleState.Archived)
        {
            State = ArticleState.Archived;
            UpdatedAt = now;
        }

        return wasFound;
    }
}
