using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Features.Policies;
using Proto = Relais.Contracts.Routing.V1.Policies;

namespace Relais.Routing.Grpc;

internal sealed class PoliciesGrpc(
    ListPolicies listPolicies, GetPolicy getPolicy, CreatePolicy createPolicy, UpdatePolicy updatePolicy, DryRunPolicy dryRun, ActivatePolicy activate,
    RetirePolicy retire)
    : Proto.PoliciesBase
{
    public override Task<ListPoliciesResponse> ListPolicies(ListPoliciesRequest request, ServerCallContext context) =>
        listPolicies.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Policy> GetPolicy(GetPolicyRequest request, ServerCallContext context) =>
        getPolicy.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Policy> CreatePolicy(CreatePolicyRequest request, ServerCallContext context) =>
        createPolicy.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Policy> UpdatePolicy(UpdatePolicyRequest request, ServerCallContext context) =>
        updatePolicy.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<DryRunPolicyResponse> DryRunPolicy(DryRunPolicyRequest request, ServerCallContext context) =>
        dryRun.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Policy> ActivatePolicy(ActivatePolicyRequest request, ServerCallContext context) =>
        activate.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Policy> RetirePolicy(RetirePolicyRequest request, ServerCallContext context) =>
        retire.HandleAsync(request, context.CancellationToken).OrThrow();
}
