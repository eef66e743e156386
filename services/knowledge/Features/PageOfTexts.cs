using Microsoft.EntityFrameworkCore;
using Relais.Knowledge.Domain;

namespace Relais.Knowledge.Features;

/// <summary>Reads pages of articles that stay within a gRPC message: a page of very long ones ends early.</summary>
internal static class PageOfTexts
{
    // Characters; even where each takes three bytes of UTF-8 the page is below the 4 MB that peers receive.
    private const int MostCharacters = 1_000_000;

    /// <summary>At least one row where there is one, at most <paramref name="size"/>, and whether more follow.</summary>
    public static async Task<(List<TText> Rows, bool More)> ReadAsync<TText>(IQueryable<TText> rows, int size, CancellationToken cancellationToken)
        where TText : ArticleText
    {
        var page = new List<TText>();
        var characters = 0;
        await foreach (var row in rows.Take(size + 1).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            characters += row.Body.Length + row.Title.Length + row.ExampleQuestions.Sum(question => question.Length);
            if (page.Count == size || page.Count > 0 && characters > MostCharacters)
                return (page, true);
            page.Add(row);
        }

        return (page, false);
    }
}
