using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Contracts.Identity.V1;
using static Relais.Contract.Identity.IdentityPlatform;

namespace Relais.Contract.Identity;

/// <summary>Client credentials of partners and of services.</summary>
public sealed class ClientSuite
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_signs_in_with_its_secret_and_may_do_what_its_scopes_say()
    {
        await using var platform = await StartAsync();
        var created = await CreateAsync(platform, "tickets.read", "customers.read");
        Assert.StartsWith("acme.", created.Client.ClientId, StringComparison.Ordinal);
        Assert.Equal(43, created.ClientSecret.Length);
        var token = await TokenAsync(platform, created.Client.ClientId, created.ClientSecret);
        Assert.Equal((1800, "customers.read tickets.read"), (token.ExpiresIn, token.Scope));
        Assert.NotNull(await platform.Client.ListCustomersAsync(new ListCustomersRequest(), With(token.AccessToken), cancellationToken: Stop));
        Assert.Equal("permission.denied", (await RefusalAsync(async () => await platform.Client.ListStaffAsync(new ListStaffRequest(), With(token.AccessToken)))).Code);

        var narrow = await TokenAsync(platform, created.Client.ClientId, created.ClientSecret, "tickets.read");
        Assert.Equal("tickets.read", narrow.Scope);
        Assert.Equal("permission.denied", (await RefusalAsync(async () => await platform.Client.ListCustomersAsync(new ListCustomersRequest(), With(narrow.AccessToken)))).Code);
        var listed = await platform.Client.ListClientsAsync(new ListClientsRequest(), await platform.AdministratorAsync(), cancellationToken: Stop);
        Assert.Equal([created.Client], listed.Clients);
    }

    [Fact]
    public async Task Registration_repeated_shows_the_same_secret_which_is_nowhere_in_the_database()
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        var request = new CreateClientRequest { RequestId = "one", DisplayName = "Partner", Scopes = { "tickets.read" } };
        var first = await platform.Client.CreateClientAsync(request, administrator, cancellationToken: Stop);
        Assert.Equal(first, await platform.Client.CreateClientAsync(request, administrator, cancellationToken: Stop));
        await using var db = platform.OpenDb();
        Assert.Single(db.Clients);
        var answer = await db.AnsweredRequests.Where(row => row.RequestId == "one").SingleAsync(Stop);
        Assert.DoesNotContain(first.ClientSecret, System.Text.Encoding.UTF8.GetString(answer.Response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_can_be_registered_for_queues_policies_experts_and_skills()
    {
        await using var platform = await StartAsync();
        var created = await CreateAsync(platform, "skills.manage", "queues.read", "policies.read", "experts.manage");
        Assert.Equal("experts.manage policies.read queues.read skills.manage", (await TokenAsync(platform, created.Client.ClientId, created.ClientSecret)).Scope);
    }

    [Theory]
    [InlineData("knowledge.ask")]
    [InlineData("staff.write")]
    [InlineData("customers.write")]
    [InlineData("policies.manage")]
    [InlineData("queues.manage")]
    [InlineData("internal.customers")]
    [InlineData("")]
    public async Task Scope_that_a_partner_cannot_have_is_refused(string scope)
    {
        await using var platform = await StartAsync();
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), await RefusalAsync(() => CreateAsync(platform, "tickets.read", scope)));
    }

    [Fact]
    public async Task Wrong_credentials_are_an_invalid_client_and_more_than_its_scopes_an_invalid_scope()
    {
        await using var platform = await StartAsync();
        var created = await CreateAsync(platform, "tickets.read");
        var (id, secret) = (created.Client.ClientId, created.ClientSecret);
        (string Id, string Secret)[] wrong =
        [
            (id, "wrong"), (id, ""), ("", ""), ("acme." + Guid.NewGuid().ToString("N"), secret), (id.Replace("acme", "beta", StringComparison.Ordinal), secret),
            ("acme.x", secret), ("service:tickets", "wrong"), ("service:tickets", secret), ("service:", ServiceSecret), ("service:a b", ServiceSecret),
        ];
        foreach (var (clientId, clientSecret) in wrong)
            Assert.Equal((StatusCode.Unauthenticated, "oauth.invalid_client"), await RefusalAsync(() => TokenAsync(platform, clientId, clientSecret)));
        foreach (var scope in new[] { "customers.read", "tickets.read customers.read", "Tickets.read" })
            Assert.Equal((StatusCode.InvalidArgument, "oauth.invalid_scope"), await RefusalAsync(() => TokenAsync(platform, id, secret, scope)));
    }

    [Fact]
    public async Task Service_token_may_only_call_what_services_call()
    {
        await using var platform = await StartAsync();
        var service = await platform.ServiceAsync();
        Assert.Single((await platform.Client.ListTenantsAsync(new ListTenantsRequest(), service, cancellationToken: Stop)).Tenants);
        Assert.Equal("permission.denied", (await RefusalAsync(async () => await platform.Client.ListStaffAsync(new ListStaffRequest(), service))).Code);
    }

    private static async Task<CreateClientResponse> CreateAsync(IdentityPlatform platform, params string[] scopes)
    {
        var request = new CreateClientRequest { DisplayName = "Partner" };
        request.Scopes.AddRange(scopes);
        return await platform.Client.CreateClientAsync(request, await platform.AdministratorAsync(), cancellationToken: Stop);
    }

    private static async Task<ClientToken> TokenAsync(IdentityPlatform platform, string id, string secret, string scope = "") =>
        await platform.Client.IssueClientTokenAsync(new IssueClientTokenRequest { ClientId = id, ClientSecret = secret, Scope = scope }, cancellationToken: Stop);
}
