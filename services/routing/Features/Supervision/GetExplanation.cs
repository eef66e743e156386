using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;

namespace Relais.Routing.Features.Supervision;

/// <summary>Why a matter is where it is, why not with that expert, and what will change by itself.</summary>
internal sealed class GetExplanation(RoutingDb db, RoutingOptions options, CallerContext caller, TimeProvider clock)
{
    private const int MostShifts = 3;

    public async Task<Outcome<Explanation>> HandleAsync(GetExplanationRequest request, CancellationToken cancellationToken)
    {
        var check = new Check();
        if (request.ExpertId.Length > 0)
            check.Id(request.ExpertId, "expertId");
        if (check.Failure is { } invalid)
            return invalid;
        var items = db.WorkItems.AsNoTracking();
        var row = Guid.TryParse(request.TicketId, out var ticket)
            ? await items.FirstOrDefaultAsync(item => item.Id == ticket, cancellationToken)
            : await items.FirstOrDefaultAsync(item => item.Number == request.TicketId, cancellationToken);
        if (row is null)
            return Failure.NotFound("ticket.not_found", "Routing knows no such ticket. Give its id or its number (T-1042).");
        var (now, me) = (clock.GetUtcNow(), caller.Caller.SubjectId);
        var book = await db.BookAsync(options.ToPolicy(), cancellationToken);
        var experts = (await db.Experts.AsNoTracking().Include(expert => expert.Skills).ToListAsync(cancellationToken)).ConvertAll(expert => expert.ToExpert(book, now));
        var item = row.ToItem(book);
        var last = (await db.Decisions.AsNoTracking().Where(decision => decision.ItemId == row.Id)
            .OrderByDescending(decision => decision.At).ThenByDescending(decision => decision.Ordinal).FirstOrDefaultAsync(cancellationToken))?.Decision;
        var locale = experts.Find(expert => expert.Id == me)?.Profile.Locale ?? row.Language;
        var answer = new Explanation { State = row.State.ToString().ToUpperInvariant(), Why = last is null ? "" : Wording.Explanation(last, locale) };
        if (request.ExpertId.Length > 0)
        {
            var id = Guid.Parse(request.ExpertId);
            if (experts.Find(expert => expert.Id == id) is not { } asked)
                return Failure.NotFound("expert.not_found", $"There is no expert {id}. GET /v1/experts lists them.");
            AboutExpert(answer, asked, item, last, book, locale, now);
        }

        if (row.State == ItemState.Offered && await db.Offers.AsNoTracking().FirstOrDefaultAsync(offer => offer.LiveItemId == row.Id, cancellationToken) is { } live)
            Add(answer, live.ExpiresAt, "OFFER_EXPIRES", live.ExpertId.ToString());
        if (row.State == ItemState.Waiting)
            AddChanges(answer, item, last, experts, book, now);
        return answer;
    }

    private static void AboutExpert(
        Explanation answer, Domain.Expert asked, WorkItem item, Domain.Decision? last, RoutingBook book, string locale, DateTimeOffset now)
    {
        var eligibility = new Eligibility(book.Policy);
        answer.ReasonsThen.AddRange((last?.Rejections.FirstOrDefault(rejection => rejection.ExpertId == asked.Id)?.Reasons ?? []).Select(DecisionView.Code));
        answer.ReasonsNow.AddRange(eligibility.Reasons(item, asked, now).Select(DecisionView.Code));
        answer.WhyNot = last?.Chosen == asked.Id
            ? Wording.Explanation(last, locale)
            : Wording.WhyNot(asked.Profile.DisplayName, last, asked.Id, locale);
    }

    private static void AddChanges(
        Explanation answer, WorkItem item, Domain.Decision? last, List<Domain.Expert> experts, RoutingBook book, DateTimeOffset now)
    {
        if (book.Policy.For(item).ParkedUntil(item, now) is { } until && until < DateTimeOffset.MaxValue)
            Add(answer, until, "RESUMES", "");
        if (book.Policy.For(item).Relaxation.NextLowering(item) is { } relaxes && relaxes > now)
            Add(answer, relaxes, "RELAXES", "");
        if (last?.HeldUntil is { } held && held > now && !last.Parked)
            Add(answer, held, "HOLD_ENDS", "");
        var eligibility = new Eligibility(book.Policy);
        foreach (var (expert, begins) in experts
                     .Where(expert => expert.Profile.Active && eligibility.Reasons(item, expert, now).All(reason => reason is Eligibility.Hours or Eligibility.WrapUp))
                     .Select(expert => (expert, Begins: expert.NextDutyChange(now))).Where(one => one.Begins is not null).OrderBy(one => one.Begins).Take(MostShifts))
            Add(answer, begins!.Value, "SHIFT_BEGINS", expert.Profile.DisplayName);
        var ordered = answer.Changes.OrderBy(change => change.At.ToDateTimeOffset()).ToList();
        answer.Changes.Clear();
        answer.Changes.AddRange(ordered);
    }

    private static void Add(Explanation answer, DateTimeOffset at, string what, string detail) =>
        answer.Changes.Add(new Explanation.Types.Change { At = at.ToTimestamp(), What = what, Detail = detail });
}
