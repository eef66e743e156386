using Relais.Common.Coordination;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Shards;

namespace Relais.Routing.Features;

/// <summary>What an expert is offered now; waits for an offer when asked to.</summary>
internal sealed class ListOffers(ExpertReader experts, OfferReader offers, LongPoll poll)
{
    public async Task<Outcome<ListOffersResponse>> HandleAsync(ListOffersRequest request, CancellationToken cancellationToken)
    {
        var expert = experts.OwnOrManaged(request.Expert, "expert");
        if (expert.Failure is { } notAllowed)
            return notAllowed;
        var live = await poll.ReadAsync(
            Topics.OffersOf(expert.Value), LongPoll.WaitOf(request.WaitSeconds),
            ct => offers.LiveAsync(expert.Value, ct), found => found.Count > 0, cancellationToken);
        var response = new ListOffersResponse();
        response.Offers.AddRange(live);
        return response;
    }
}
