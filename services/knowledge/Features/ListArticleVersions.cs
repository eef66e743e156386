using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Grpc;

namespace Relais.Knowledge.Features;

/// <summary>Lists what was published of an article, newest first.</summary>
internal sealed class ListArticleVersions(VisibleArticles visible)
{
    public async Task<Outcome<ListArticleVersionsResponse>> HandleAsync(ListArticleVersionsRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").Failure is { } failure)
            return failure;
        var key = Paging.KeyOf(request.PageToken);
        if (key.Failure is { } badToken)
            return badToken;
        var before = int.MaxValue;
        if (key.Value is { } token && !int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            return Failure.Invalid("page_token.invalid", "The page token is not one that this list gave. Start again without a token.",
                new FieldViolation("pageToken", "is not a token of this list."));
        }

        var id = Guid.Parse(request.Id);
        var createdAt = await visible.Articles.Where(row => row.Id == id).Select(row => (DateTimeOffset?)row.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        if (createdAt is null)
            return VisibleArticles.Unknown(request.Id);
        var (versions, more) = await PageOfTexts.ReadAsync(
            visible.Versions.AsNoTracking().Where(row => row.ArticleId == id && row.Version < before).OrderByDescending(row => row.Version),
            Paging.Size(request.PageSize), cancellationToken);
        var response = new ListArticleVersionsResponse();
        response.Versions.AddRange(versions.Select(version => version.ToMessage(createdAt.Value)));
        if (more)
            response.NextPageToken = Paging.TokenAfter(versions[^1].Version.ToString(CultureInfo.InvariantCulture));
        return response;
    }
}
