using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Shards;
using ProtoOffer = Relais.Contracts.Routing.V1.Offer;

namespace Relais.Routing.Features.Supervision;

/// <summary>
/// Work that goes to an expert by hand: a supervisor gives it, whatever skills, hours and capacity say, or an expert takes
/// it out of turn, within their room, its lasting skills and its language. Both are on record with who did it.
/// </summary>
internal sealed class AssignByHand(UnitOfWork<RoutingDb> unit, Shard shard, OfferReader offers, ExpertReader experts, CallerContext caller, Audit audit)
{
    private const int LongestReason = 500;

    public async Task<Outcome<ProtoOffer>> ForceAsync(ForceAssignmentRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Id(request.TicketId, "ticketId").Id(request.ExpertId, "expertId")
            .Text(request.Reason, "reason", LongestReason).Failure is { } invalid)
            return invalid;
        var (ticket, expert) = (Guid.Parse(request.TicketId), Guid.Parse(request.ExpertId));
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoOffer>(
            request.RequestId, request, ct => AssignAsync(turn, ticket, expert, Trigger.Forced, request.Reason, ct), cancellationToken), cancellationToken);
    }

    public async Task<Outcome<ProtoOffer>> PullAsync(PullFromQueueRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Id(request.TicketId, "ticketId").Failure is { } invalid)
            return invalid;
        var (ticket, me) = (Guid.Parse(request.TicketId), caller.Caller.SubjectId);
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoOffer>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (engine.FindItem(ticket) is { } item && engine.FindExpert(me) is { } expert && Obstacle(item, expert, engine.Policy, turn.Now) is { } obstacle)
                return obstacle;
            return await AssignAsync(turn, ticket, me, Trigger.Pulled, "", ct);
        }, cancellationToken), cancellationToken);
    }

    private static Failure? Obstacle(WorkItem item, Domain.Expert expert, RoutingPolicy policy, DateTimeOffset now)
    {
        if (item.State != ItemState.Waiting && item.Holder != expert.Id)
            return Failure.Precondition("ticket.not_waiting", "This matter does not wait: it is offered to or in the hands of somebody. A supervisor can reassign it.");
        // What is offered to them has its room already.
        if (item.Holder != expert.Id && !expert.HasRoomFor(item.Request.Weight, item.Request.Channel))
            return Failure.Precondition("expert.no_room", "You have no room for this matter. Finish something first.");
        if (new Eligibility(policy).Reasons(item, expert, now).Contains(Eligibility.Language))
            return Failure.Precondition("expert.not_qualified", $"You lack the language of this matter, {item.Request.Language}.");
        var skills = expert.Profile.SkillsAt(now);
        var missing = item.Request.Skills.Where(skill => skill.NeverDrop && skills[skill.Skill] < 1).Select(skill => skill.Skill).ToList();
        return missing.Count > 0
            ? Failure.Precondition("expert.not_qualified", "You lack a skill, or are outside the team, that this matter needs however long it waits.")
            : null;
    }

    private async Task<Outcome<ProtoOffer>> AssignAsync(
        ShardTurn turn, Guid ticket, Guid expert, string trigger, string reason, CancellationToken cancellationToken)
    {
        var now = turn.Now;
        var engine = await turn.EngineAsync(cancellationToken);
        if (engine.FindItem(ticket) is not { } item)
            return Failure.NotFound("ticket.not_open", "Routing has no such open matter. Give the id of one that is not resolved.");
        if (engine.FindExpert(expert) is not { Profile.Active: true })
            return experts.Unknown(expert);
        if (item is { State: ItemState.Assigned } && item.Holder == expert)
            return Failure.Precondition("ticket.already_assigned", "This expert has the matter already.");
        audit.Note(now, trigger == Trigger.Forced ? Audit.Assigned : Audit.Pulled, item.Request.Number, expert, reason);
        var reaction = await turn.ApplyAsync(new Input.Forced(now, ticket, expert, trigger), cancellationToken);
        var offer = reaction.Changes.OfType<Change.OfferMade>().Last(made => made.Item.Id == ticket && made.Offer.ExpertId == expert).Offer;
        return (await offers.FindAsync(offer.Id, cancellationToken))!;
    }
}
