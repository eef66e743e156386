using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>Creates an answer that experts can start from, or replaces the one with that id.</summary>
internal sealed class PutCannedReply(TicketsDb db, UnitOfWork<TicketsDb> unit)
{
    public Task<Outcome<Proto.CannedReply>> HandleAsync(Proto.PutCannedReplyRequest request, CancellationToken cancellationToken)
    {
        var check = new Check()
            .That(IsId(request.Id), "id", "must have 1 to 60 lower-case letters, digits, dots and hyphens.")
            .Text(request.Category, "category", longest: 60, required: false)
            .Locale(request.Locale, "locale")
            .Text(request.Text, "text");
        if (check.Failure is { } wrong)
            return Task.FromResult<Outcome<Proto.CannedReply>>(wrong);
        return unit.OnceAsync<Proto.CannedReply>(request.RequestId, request, async ct =>
        {
            var reply = await db.CannedReplies.FirstOrDefaultAsync(row => row.Id == request.Id, ct);
            if (reply is null)
            {
                reply = new CannedReply { Id = request.Id, Category = request.Category, Locale = request.Locale, Text = request.Text };
                db.CannedReplies.Add(reply);
            }

            reply.Category = request.Category;
            reply.Locale = request.Locale;
            reply.Text = request.Text;
            return reply.ToMessage();
        }, cancellationToken);
    }

    private static bool IsId(string id) => id.Length is > 0 and <= 60
        && id.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-');
}
