using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Features.Supervision;
using Proto = Relais.Contracts.Routing.V1.Supervision;

namespace Relais.Routing.Grpc;

internal sealed class SupervisionGrpc(
    ListQueues listQueues, ListLiveExperts listExperts, AssignByHand assign, PauseQueue pause, ListRoutingAudit listAudit, GetWhatIf whatIf,
    GetForecast forecast, GetExplanation explain) : Proto.SupervisionBase
{
    public override Task<ListQueuesResponse> ListQueues(ListQueuesRequest request, ServerCallContext context) =>
        listQueues.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListLiveExpertsResponse> ListLiveExperts(ListLiveExpertsRequest request, ServerCallContext context) =>
        listExperts.HandleAsync(context.CancellationToken).OrThrow();

    public override Task<Offer> ForceAssignment(ForceAssignmentRequest request, ServerCallContext context) =>
        assign.ForceAsync(request, context.CancellationToken).OrThrow();

    public override Task<Offer> PullFromQueue(PullFromQueueRequest request, ServerCallContext context) =>
        assign.PullAsync(request, context.CancellationToken).OrThrow();

    public override Task<QueuePause> PauseQueue(PauseQueueRequest request, ServerCallContext context) =>
        pause.PauseAsync(request, context.CancellationToken).OrThrow();

    public override Task<QueuePause> ResumeQueue(ResumeQueueRequest request, ServerCallContext context) =>
        pause.ResumeAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListRoutingAuditResponse> ListRoutingAudit(ListRoutingAuditRequest request, ServerCallContext context) =>
        listAudit.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<WhatIf> GetWhatIf(GetWhatIfRequest request, ServerCallContext context) =>
        whatIf.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Forecast> GetForecast(GetForecastRequest request, ServerCallContext context) =>
        forecast.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Explanation> GetExplanation(GetExplanationRequest request, ServerCallContext context) =>
        explain.HandleAsync(request, context.CancellationToken).OrThrow();
}
