using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Identity.V1;
using Relais.Identity.Features;
using Relais.Identity.Tokens;
using IdentityBase = Relais.Contracts.Identity.V1.Identity.IdentityBase;

namespace Relais.Identity.Grpc;

internal sealed class IdentityGrpc(IServiceProvider services, KeyRing ring) : IdentityBase
{
    public override Task<Session> CreateSession(CreateSessionRequest request, ServerCallContext context) =>
        The<CreateSession>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Session> RefreshSession(RefreshSessionRequest request, ServerCallContext context) =>
        The<RefreshSession>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<EndSessionResponse> EndSession(EndSessionRequest request, ServerCallContext context) =>
        The<EndSession>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ClientToken> IssueClientToken(IssueClientTokenRequest request, ServerCallContext context) =>
        The<IssueClientToken>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<KeySet> GetKeySet(GetKeySetRequest request, ServerCallContext context) => ring.ReadSetAsync(context.CancellationToken);

    public override Task<KeySet> RotateKeys(RotateKeysRequest request, ServerCallContext context) =>
        The<RotateKeys>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Tenant> CreateTenant(CreateTenantRequest request, ServerCallContext context) =>
        The<CreateTenant>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListTenantsResponse> ListTenants(ListTenantsRequest request, ServerCallContext context) =>
        The<ListTenants>().HandleAsync(context.CancellationToken).OrThrow();

    public override Task<StaffMember> CreateStaffMember(CreateStaffMemberRequest request, ServerCallContext context) =>
        The<CreateStaffMember>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<StaffMember> GetStaffMember(GetStaffMemberRequest request, ServerCallContext context) =>
        The<GetStaffMember>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListStaffResponse> ListStaff(ListStaffRequest request, ServerCallContext context) =>
        The<ListStaff>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<StaffMember> UpdateStaffMember(UpdateStaffMemberRequest request, ServerCallContext context) =>
        The<UpdateStaffMember>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<TotpEnrolment> EnrolTotp(EnrolTotpRequest request, ServerCallContext context) =>
        The<EnrolTotp>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<StaffMember> ConfirmTotp(ConfirmTotpRequest request, ServerCallContext context) =>
        The<ConfirmTotp>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<CreateClientResponse> CreateClient(CreateClientRequest request, ServerCallContext context) =>
        The<CreateClient>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListClientsResponse> ListClients(ListClientsRequest request, ServerCallContext context) =>
        The<ListClients>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Customer> GetCustomer(GetCustomerRequest request, ServerCallContext context) =>
        The<GetCustomer>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListCustomersResponse> ListCustomers(ListCustomersRequest request, ServerCallContext context) =>
        The<ListCustomers>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Customer> UpdateCustomer(UpdateCustomerRequest request, ServerCallContext context) =>
        The<UpdateCustomer>().HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<CustomerSession> OpenCustomerSession(OpenCustomerSessionRequest request, ServerCallContext context) =>
        The<OpenCustomerSession>().HandleAsync(request, context.CancellationToken).OrThrow();

    // Only the feature that is called is built, not the other twenty.
    private TFeature The<TFeature>() where TFeature : class => services.GetRequiredService<TFeature>();
}
