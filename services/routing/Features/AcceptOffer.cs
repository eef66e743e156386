using Microsoft.EntityFrameworkCore;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;
using ProtoOffer = Relais.Contracts.Routing.V1.Offer;

namespace Relais.Routing.Features;

/// <summary>
/// Takes the work. Accepting again gives the same answer. The answer waits a moment for the ticket to know its expert, so
/// that the expert's next call finds it assigned; the acceptance itself is durable before that.
/// </summary>
internal sealed class AcceptOffer(
    RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, OfferReader offers, CallerContext caller, LongPoll poll, RoutingOptions options)
{
    public async Task<Outcome<ProtoOffer>> HandleAsync(AcceptOfferRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").RequestId(request.RequestId).Failure is { } invalid)
            return invalid;
        var (id, me) = (Guid.Parse(request.Id), caller.Caller.SubjectId);
        if (await TogetherAsync(request, id, me, cancellationToken) is { } offer)
        {
            await WaitForAssignmentAsync(Guid.Parse(offer.TicketId), me, cancellationToken);
            return offer;
        }

        var accepted = await shard.AloneAsync(turn => unit.OnceAsync<ProtoOffer>(request.RequestId, request, async ct =>
        {
            var row = await db.Offers.AsNoTracking().FirstOrDefaultAsync(offer => offer.Id == id, ct);
            if (row is null)
                return OfferReader.Unknown(request.Id);
            if (row.ExpertId != me)
                return OfferReader.NotYours();
            if (row.State == OfferState.Accepted)
                return (await offers.FindAsync(id, ct))!;
            var now = turn.Now;
            if ((await turn.EngineAsync(ct)).FindOffer(id) is not { } live || live.ExpiresAt <= now)
                return OfferReader.WhyOver(row.State, row.ExpiresAt);
            var answer = (await offers.FindAsync(id, ct))!;
            // What was due before it may have taken the offer back.
            if ((await turn.ApplyAsync(new Input.Accepted(now, id, me), ct)).Refusal != Refusal.None)
                return OfferReader.WhyOver(OfferState.Rescinded, row.ExpiresAt);
            answer.State = ProtoOffer.Types.State.Accepted;
            return answer;
        }, cancellationToken), cancellationToken);
        if (accepted.Failure is null)
            await WaitForAssignmentAsync(Guid.Parse(accepted.Value.TicketId), me, cancellationToken);
        return accepted;
    }

    // The usual case, of a live offer, needs nothing but the engine; null for all others.
    private async Task<ProtoOffer?> TogetherAsync(AcceptOfferRequest request, Guid id, Guid me, CancellationToken cancellationToken)
    {
        ProtoOffer? answer = null;
        var input = new GroupedInput(view =>
        {
            if (view.Engine.FindOffer(id) is not { } live || live.ExpertId != me || live.ExpiresAt <= view.Now || !view.Decisions.TryGetValue(id, out var decision))
                return null;
            var row = OfferRow.Of(live, decision.Id);
            row.State = OfferState.Accepted;
            answer = OfferView.Of(row, WorkItemRow.Of(view.Engine.FindItem(live.ItemId)!), decision, view.Engine.FindExpert(me)!.Profile.Locale);
            return new GroupStep(new Input.Accepted(view.Now, id, me)) { Answered = unit.AnswerOf(request.RequestId, request, answer) };
        });
        return await shard.TogetherAsync(input, cancellationToken) ? answer : null;
    }

    private Task WaitForAssignmentAsync(Guid ticket, Guid me, CancellationToken cancellationToken) => options.AssignmentWait <= TimeSpan.Zero
        ? Task.CompletedTask
        : poll.ReadAsync(
            Topics.AssignmentOf(ticket), options.AssignmentWait,
            ct => db.WorkItems.AsNoTracking().AnyAsync(item => item.Id == ticket && (item.AssignedExpertId == me || item.HolderId != me), ct),
            settled => settled, cancellationToken);
}
