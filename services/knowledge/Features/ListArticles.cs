using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge.V1;
using Article = Relais.Knowledge.Domain.Article;
using ArticleState = Relais.Knowledge.Domain.ArticleState;
using Relais.Knowledge.Grpc;

namespace Relais.Knowledge.Features;

/// <summary>Lists articles with their drafts, the oldest first.</summary>
internal sealed class ListArticles(VisibleArticles visible)
{
    public async Task<Outcome<ListArticlesResponse>> HandleAsync(ListArticlesRequest request, CancellationToken cancellationToken)
    {
        var terms = FilterTerms.Parse(request.Filter, "locale", "category", "state", "externalId");
        if (terms.Failure is { } notUnderstood)
            return notUnderstood;
        var after = Paging.IdOf(request.PageToken);
        if (after.Failure is { } badToken)
            return badToken;
        var state = StateOf(terms.Value);
        if (state.Failure is { } wrongState)
            return wrongState;

        var matching = Filter(terms.Value, state.Value);
        var total = await matching.CountAsync(cancellationToken);
        var size = Paging.Size(request.PageSize);
        var page = matching.AsNoTracking();
        if (after.Value is { } last)
            page = page.Where(article => article.Id > last);
        var (articles, more) = await PageOfTexts.ReadAsync(page.OrderBy(article => article.Id), size, cancellationToken);
        var response = new ListArticlesResponse { TotalSize = total };
        response.Articles.AddRange(articles.Select(ArticleMessages.ToMessage));
        if (more)
            response.NextPageToken = Paging.TokenAfter(articles[^1].Id.ToString());
        return response;
    }

    private IQueryable<Article> Filter(IReadOnlyDictionary<string, string> terms, ArticleState? state)
    {
        var articles = visible.Articles;
        if (terms.TryGetValue("locale", out var locale))
            articles = articles.Where(article => article.Locale == locale);
        if (terms.TryGetValue("category", out var category))
            articles = articles.Where(article => article.Category == category);
        if (terms.TryGetValue("externalId", out var externalId))
            articles = articles.Where(article => article.ExternalId == externalId);
        return state is null ? articles : articles.Where(article => article.State == state);
    }

    private static Outcome<ArticleState?> StateOf(IReadOnlyDictionary<string, string> terms)
    {
        if (!terms.TryGetValue("state", out var word))
            return (ArticleState?)null;
        if (Enum.GetNames<ArticleState>().Contains(word, StringComparer.OrdinalIgnoreCase))
            return Enum.Parse<ArticleState>(word, ignoreCase: true);
        return Failure.Invalid("filter.invalid", $"'{word}' is not a state of an article. Known: DRAFT, PUBLISHED, CHANGED, ARCHIVED.",
            new FieldViolation("filter", $"'state:{word}' is not understood."));
    }
}
