using System.Collections.Concurrent;
using Relais.Knowledge.Domain.Search.Scoring;

namespace Relais.Knowledge.Answers;

/// <summary>
/// The published articles of every tenant, in memory, where questions are answered from. It is filled from the database
/// at start and follows what is published and archived; every replica has its own.
/// </summary>
/// <param name="ranking">How articles are ranked: the place where further signals come in.</param>
internal sealed class AnswerIndex(Ranking ranking)
{
    private readonly ConcurrentDictionary<string, TenantAnswers> tenants = new(StringComparer.Ordinal);

    /// <summary>A tenant's articles; null when it has none.</summary>
    public TenantAnswers? Of(string? tenantId) => tenantId is not null && tenants.TryGetValue(tenantId, out var found) ? found : null;

    /// <summary>Shows readers new states of a tenant's articles, all at once. A state older than the one held changes nothing.</summary>
    public void Apply(string tenantId, IEnumerable<ArticleStanding> standings) =>
        tenants.GetOrAdd(tenantId, static (_, ranking) => new TenantAnswers(ranking), ranking).Apply(standings);
}
