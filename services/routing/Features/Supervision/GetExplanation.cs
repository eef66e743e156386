using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;

namespace Relais.Routing.Features.Supervision;

/// <summary>Why a matter is where it is, why not with that expert, and what will change by itself.</summary>
internal sealed class GetExplanation(RoutingDb db, ShardTable table, CallerContext caller, TimeProvider clock)
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
        var engine = await ShardReader.CopyAroundAsync(db, table, now, row.Id, cancellationToken);
        var item = engine.FindItem(row.Id) ?? row.ToItem(engine.Policy.Book);
        var last = (await db.Decisions.AsNoTracking().Where(decision => decision.ItemId == row.Id)
            .OrderByDescending(decision => decision.At).ThenByDescending(decision => decision.Ordinal).FirstOrDefaultAsync(cancellationToken))?.Decision;
        var locale = engine.FindExpert(me)?.Profile.Locale ?? row.Language;
        // Since its last decision others may have come, left, or taken something.
        var why = (row.State == ItemState.Waiting ? engine.Explain(row.Id) : null) ?? last;
        var answer = new Explanation { State = row.State.ToString().ToUpperInvariant(), Why = why is null ? "" : Wording.Explanation(why, locale) };
        if (request.ExpertId.Length > 0)
        {
            var id = Guid.Parse(request.ExpertId);
            if (engine.FindExpert(id) is not { } asked)
                return Failure.NotFound("expert.not_found", $"There is no expert {id}. GET /v1/experts lists them.");
            AboutExpert(answer, asked, item, last, engine, locale, now);
            // Who could have it is kept from it by nothing else.
            if (why is { Parked: true } && answer.ReasonsNow.Count == 0)
                answer.WhyNot = answer.Why;
        }

        if (row.State == ItemState.Offered && await db.Offers.AsNoTracking().FirstOrDefaultAsync(offer => offer.LiveItemId == row.Id, cancellationToken) is { } live)
            Add(answer, live.ExpiresAt, "OFFER_EXPIRES", live.ExpertId.ToString());
        if (row.State == ItemState.Waiting)
            AddChanges(answer, item, why, engine, now);
        return answer;
    }

    private static void AboutExpert(
        Explanation answer, Domain.Expert asked, WorkItem item, Domain.Decision? last, MatchingEngine engine, string locale, DateTimeOffset now)
    {
        var reasons = item.Holder == asked.Id ? [] : engine.WhyNot(item.Id, asked.Id) ?? new Eligibility(engine.Policy).Reasons(item, asked, now);
        answer.ReasonsThen.AddRange((last?.Rejections.FirstOrDefault(rejection => rejection.ExpertId == asked.Id)?.Reasons ?? []).Select(DecisionView.Code));
        answer.ReasonsNow.AddRange(reasons.Select(DecisionView.Code));
        answer.WhyNot = last?.Chosen == asked.Id ? Wording.Explanation(last, locale)
            : item.State == ItemState.Waiting && reasons.Count > 0 ? Wording.WhyNot(asked.Profile.DisplayName, reasons, locale)
            : Wording.WhyNot(asked.Profile.DisplayName, last, asked.Id, locale);
    }

    private static void AddChanges(Explanation answer, WorkItem item, Domain.Decision? why, MatchingEngine engine, DateTimeOffset now)
    {
        var policy = engine.Policy.For(item);
        if (policy.ParkedUntil(item, now) is { } until)
        {
            if (until < DateTimeOffset.MaxValue)
                Add(answer, until, "RESUMES", "");
            return;
        }

        if (policy.Relaxation.NextLowering(item) is { } relaxes && relaxes > now)
            Add(answer, relaxes, "RELAXES", "");
        if (why?.HeldUntil is { } held && held > now)
            Add(answer, held, "HOLD_ENDS", "");
        var eligibility = new Eligibility(engine.Policy);
        var coming = from expert in engine.Experts
                     where expert.Profile.Active
                     let reasons = eligibility.Reasons(item, expert, now)
                     where reasons.All(reason => reason is Eligibility.Hours or Eligibility.WrapUp)
                     let back = expert.BackOnDuty(now)
                     where back is not null
                     orderby back
                     select (expert.Profile.DisplayName, At: back.Value, What: reasons.Contains(Eligibility.WrapUp) ? "WRAP_UP_ENDS" : "SHIFT_BEGINS");
        foreach (var (name, at, what) in coming.Take(MostShifts))
            Add(answer, at, what, name);
        var ordered = answer.Changes.OrderBy(change => change.At.ToDateTimeOffset()).ToList();
        answer.Changes.Clear();
        answer.Changes.AddRange(ordered);
    }

    private static void Add(Explanation answer, DateTimeOffset at, string what, string detail) =>
        answer.Changes.Add(new Explanation.Types.Change { At = at.ToTimestamp(), What = what, Detail = detail });
}
