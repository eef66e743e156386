using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Features;
using Proto = Relais.Contracts.Routing.V1.Routing;

namespace Relais.Routing.Grpc;

internal sealed class RoutingGrpc(
    GetExpert getExpert, ListExperts listExperts, SetPresence setPresence, SetSkills setSkills, SetProfile setProfile,
    ListOffers listOffers, AcceptOffer acceptOffer, DeclineOffer declineOffer, ListDecisions listDecisions) : Proto.RoutingBase
{
    public override Task<Expert> GetExpert(GetExpertRequest request, ServerCallContext context) =>
        getExpert.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListExpertsResponse> ListExperts(ListExpertsRequest request, ServerCallContext context) =>
        listExperts.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Expert> SetPresence(SetPresenceRequest request, ServerCallContext context) =>
        setPresence.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Expert> SetSkills(SetSkillsRequest request, ServerCallContext context) =>
        setSkills.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Expert> SetProfile(SetProfileRequest request, ServerCallContext context) =>
        setProfile.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListOffersResponse> ListOffers(ListOffersRequest request, ServerCallContext context) =>
        listOffers.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Offer> AcceptOffer(AcceptOfferRequest request, ServerCallContext context) =>
        acceptOffer.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Offer> DeclineOffer(DeclineOfferRequest request, ServerCallContext context) =>
        declineOffer.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListDecisionsResponse> ListDecisions(ListDecisionsRequest request, ServerCallContext context) =>
        listDecisions.HandleAsync(request, context.CancellationToken).OrThrow();
}
