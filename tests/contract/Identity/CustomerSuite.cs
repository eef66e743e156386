using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Relais.Common.Security;
using Relais.Contracts.Identity.V1;
using Relais.Contracts.Types.V1;
using Relais.Identity;
using Relais.Identity.Features;
using static Relais.Contract.Identity.IdentityPlatform;

namespace Relais.Contract.Identity;

/// <summary>Customers: one person per contact point, whatever the channel and however many ask at once.</summary>
public sealed class CustomerSuite
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Same_email_in_two_conversations_is_one_person_who_keeps_the_first_name(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var first = await OpenAsync(platform, "", ("email", "Paul.Durand@Example.com"));
        Assert.Equal("", first.Customer.DisplayName);
        var second = await OpenAsync(platform, "Paul", ("email", " paul.durand@example.COM "), ("phone", "+33 (0)6 12-34-56.78"));
        var third = await OpenAsync(platform, "Someone Else", ("phone", "0033612345678"));
        Assert.Equal(first.Customer.Id, second.Customer.Id);
        Assert.Equal(first.Customer.Id, third.Customer.Id);
        Assert.Equal("Paul", third.Customer.DisplayName);
        Assert.Equal(["email paul.durand@example.com", "phone +33612345678"], third.Customer.ContactPoints.Select(point => $"{point.Kind} {point.Address}"));
        Assert.NotEqual(first.Customer.Etag, second.Customer.Etag);
        Assert.Equal(second.Customer.Etag, third.Customer.Etag);
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Same_email_in_many_conversations_at_once_is_one_person(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var sessions = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => OpenAsync(platform, "Paul", ("email", "paul@example.com"))));
        Assert.Single(sessions.Select(session => session.Customer.Id).Distinct());
        Assert.Equal(40, sessions.Select(session => session.AccessToken).Distinct().Count());
    }

    [Fact]
    public async Task Opening_repeated_finds_the_nameless_customer_of_the_conversation_again()
    {
        await using var platform = await StartAsync();
        var service = await platform.ServiceAsync();
        var request = new OpenCustomerSessionRequest { ConversationId = Guid.NewGuid().ToString() };
        var first = await platform.Client.OpenCustomerSessionAsync(request, service, cancellationToken: Stop);
        var again = await platform.Client.OpenCustomerSessionAsync(request, service, cancellationToken: Stop);
        Assert.Equal(first.Customer, again.Customer);
        Assert.NotEqual(first.Customer.Id, (await OpenAsync(platform, "")).Customer.Id);
    }

    [Fact]
    public async Task Contact_points_of_two_people_are_the_first_ones_and_stay_where_they_are()
    {
        await using var platform = await StartAsync();
        var paul = await OpenAsync(platform, "Paul", ("email", "paul@example.com"));
        var anna = await OpenAsync(platform, "Anna", ("phone", "+33612345678"));
        var both = await OpenAsync(platform, "", ("phone", "+33612345678"), ("email", "paul@example.com"), ("sms", "@anna"));
        Assert.Equal(anna.Customer.Id, both.Customer.Id);
        Assert.Equal(2, both.Customer.ContactPoints.Count);
        Assert.Single((await OpenAsync(platform, "", ("email", "paul@example.com"))).Customer.ContactPoints);
        Assert.NotEqual(paul.Customer.Id, anna.Customer.Id);
    }

    [Fact]
    public async Task Contact_point_belongs_to_another_person_in_another_tenant()
    {
        await using var platform = await StartAsync();
        await platform.AddTenantAsync("beta");
        var here = await OpenAsync(platform, "Paul", ("email", "paul@example.com"));
        var there = await OpenInAsync(platform, "beta", "Paul", ("email", "paul@example.com"));
        Assert.NotEqual(here.Customer.Id, there.Customer.Id);
    }

    [Fact]
    public async Task Token_serves_one_conversation_and_nothing_of_the_staffs()
    {
        await using var platform = await StartAsync();
        var conversation = Guid.NewGuid();
        var session = await platform.Client.OpenCustomerSessionAsync(
            new OpenCustomerSessionRequest { ConversationId = conversation.ToString(), DisplayName = "Paul" }, await platform.ServiceAsync(), cancellationToken: Stop);
        var token = new JsonWebToken(session.AccessToken);
        Assert.Equal(conversation.ToString(), token.GetPayloadValue<string>("conversation"));
        Assert.Equal(("customer", "customer", TenantId), (token.GetPayloadValue<string>("kind"), token.GetPayloadValue<string>("roles"), token.GetPayloadValue<string>("tenant")));
        Assert.Equal(TimeSpan.FromDays(30), token.ValidTo - token.ValidFrom);
        Assert.Equal("permission.denied", (await RefusalAsync(async () => await platform.Client.GetCustomerAsync(
            new GetCustomerRequest { Id = session.Customer.Id }, With(session.AccessToken)))).Code);
    }

    [Fact]
    public async Task Token_serves_over_a_weekend_and_longer_also_when_its_key_was_replaced_and_then_ends()
    {
        await using var platform = await StartAsync();
        platform.Clock.Pass(TimeSpan.FromDays(29));
        var opened = await OpenAsync(platform, "Paul");
        var tokens = platform.Services.GetRequiredService<AccessTokens>();
        foreach (var days in new[] { 3, 26 })
        {
            platform.Clock.Pass(TimeSpan.FromDays(days));
            await platform.Services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(Stop));
            Assert.Equal(opened.Customer.Id, (await tokens.VerifyAsync(opened.AccessToken, Stop))?.SubjectId.ToString());
        }

        Assert.Equal(2, (await platform.Client.GetKeySetAsync(new GetKeySetRequest(), cancellationToken: Stop)).Keys.Count);
        platform.Clock.Pass(TimeSpan.FromDays(1));
        Assert.Null(await tokens.VerifyAsync(opened.AccessToken, Stop));
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Staff_find_a_customer_by_id_and_by_contact_point_in_any_spelling(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var paul = (await OpenAsync(platform, "Paul", ("email", "paul@example.com"), ("phone", "+33612345678"))).Customer;
        for (var number = 0; number < 4; number++)
            await OpenAsync(platform, $"Customer {number}", ("email", $"c{number}@example.com"));
        var staff = await platform.AdministratorAsync();
        Assert.Equal(paul, await platform.Client.GetCustomerAsync(new GetCustomerRequest { Id = paul.Id }, staff, cancellationToken: Stop));
        foreach (var filter in new[] { "email:PAUL@example.com", "phone:0033612345678", "email:paul@example.com phone:+33612345678" })
            Assert.Equal([paul], (await platform.Client.ListCustomersAsync(new ListCustomersRequest { Filter = filter }, staff, cancellationToken: Stop)).Customers);
        Assert.Empty((await platform.Client.ListCustomersAsync(new ListCustomersRequest { Filter = "email:nobody@example.com" }, staff, cancellationToken: Stop)).Customers);
        Assert.Equal("filter.invalid", (await RefusalAsync(async () => await platform.Client.ListCustomersAsync(new ListCustomersRequest { Filter = "name:Paul" }, staff))).Code);
        var page = await platform.Client.ListCustomersAsync(new ListCustomersRequest { PageSize = 3 }, staff, cancellationToken: Stop);
        var rest = await platform.Client.ListCustomersAsync(new ListCustomersRequest { PageSize = 3, PageToken = page.NextPageToken }, staff, cancellationToken: Stop);
        Assert.Equal(5, page.Customers.Concat(rest.Customers).Select(customer => customer.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Tier_is_standard_until_somebody_who_may_changes_it_and_is_told_with_every_session_from_then_on(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var paul = (await OpenAsync(platform, "Paul", ("email", "paul@example.com"))).Customer;
        Assert.Equal(CustomerTier.Standard, paul.Tier);
        var staff = await platform.AdministratorAsync();
        var request = new UpdateCustomerRequest { RequestId = "vip", Id = paul.Id, Tier = CustomerTier.Vip, Etag = paul.Etag };

        var changed = await platform.Client.UpdateCustomerAsync(request, staff, cancellationToken: Stop);

        Assert.Equal((CustomerTier.Vip, "Paul", "fr"), (changed.Tier, changed.DisplayName, changed.Locale));
        Assert.NotEqual(paul.Etag, changed.Etag);
        Assert.Equal(changed, await platform.Client.UpdateCustomerAsync(request, staff, cancellationToken: Stop));
        Assert.Equal(changed, await platform.Client.GetCustomerAsync(new GetCustomerRequest { Id = paul.Id }, staff, cancellationToken: Stop));
        Assert.Equal([changed], (await platform.Client.ListCustomersAsync(new ListCustomersRequest(), staff, cancellationToken: Stop)).Customers);
        Assert.Equal(CustomerTier.Vip, (await OpenAsync(platform, "", ("email", "paul@example.com"))).Customer.Tier);

        var renamed = await platform.Client.UpdateCustomerAsync(new UpdateCustomerRequest
        {
            Id = paul.Id, DisplayName = " Paul Durand ", Tier = CustomerTier.Gold, UpdateMask = new() { Paths = { "display_name" } },
        }, staff, cancellationToken: Stop);
        Assert.Equal(("Paul Durand", CustomerTier.Vip), (renamed.DisplayName, renamed.Tier));
        Assert.Equal((StatusCode.Aborted, "etag.stale"), await RefusalAsync(async () => await platform.Client.UpdateCustomerAsync(
            new UpdateCustomerRequest { Id = paul.Id, Tier = CustomerTier.Gold, Etag = paul.Etag }, staff)));
    }

    [Fact]
    public async Task Change_of_a_customer_that_cannot_be_is_refused_and_said_why()
    {
        await using var platform = await StartAsync();
        var paul = (await OpenAsync(platform, "Paul", ("email", "paul@example.com"))).Customer;
        var staff = await platform.AdministratorAsync();
        await RefusedAsync("updateMask", new UpdateCustomerRequest { Id = paul.Id });
        await RefusedAsync("updateMask", new UpdateCustomerRequest { Id = paul.Id, UpdateMask = new() { Paths = { "contact_points" } } });
        await RefusedAsync("tier", new UpdateCustomerRequest { Id = paul.Id, UpdateMask = new() { Paths = { "tier" } } });
        await RefusedAsync("tier", new UpdateCustomerRequest { Id = paul.Id, Tier = (CustomerTier)9 });
        await RefusedAsync("displayName", new UpdateCustomerRequest { Id = paul.Id, UpdateMask = new() { Paths = { "display_name" } } });
        await RefusedAsync("locale", new UpdateCustomerRequest { Id = paul.Id, Locale = "French" });
        Assert.Equal((StatusCode.NotFound, "customer.not_found"), await RefusalAsync(async () => await platform.Client.UpdateCustomerAsync(
            new UpdateCustomerRequest { Id = Guid.NewGuid().ToString(), Tier = CustomerTier.Gold }, staff)));
        await platform.AddTenantAsync("beta");
        var elsewhere = With((await platform.SignInAsync("root@beta.example", tenant: "beta")).AccessToken);
        Assert.Equal((StatusCode.NotFound, "customer.not_found"), await RefusalAsync(async () => await platform.Client.UpdateCustomerAsync(
            new UpdateCustomerRequest { Id = paul.Id, Tier = CustomerTier.Gold }, elsewhere)));
        Assert.Equal(paul, await platform.Client.GetCustomerAsync(new GetCustomerRequest { Id = paul.Id }, staff, cancellationToken: Stop));

        async Task RefusedAsync(string field, UpdateCustomerRequest request)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await platform.Client.UpdateCustomerAsync(request, staff));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
            Assert.Contains($"{field}:", refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("email", "not an address", "contactPoints[0].address")]
    [InlineData("email", "a\0@example.com", "contactPoints[0].address")]
    [InlineData("phone", "call me", "contactPoints[0].address")]
    [InlineData("Fax", "+33612345678", "contactPoints[0].kind")]
    public async Task Contact_point_that_is_none_is_refused_and_named(string kind, string address, string field)
    {
        await using var platform = await StartAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(platform, "Paul", (kind, address)));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(field, refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_that_names_no_tenant_or_an_unknown_one_is_refused()
    {
        await using var platform = await StartAsync();
        foreach (var tenant in new[] { "", "nowhere" })
            Assert.Equal((StatusCode.NotFound, "tenant.unknown"), await RefusalAsync(() => OpenInAsync(platform, tenant, "Paul")));
    }

    private static Task<CustomerSession> OpenAsync(IdentityPlatform platform, string name, params (string Kind, string Address)[] points) =>
        OpenInAsync(platform, TenantId, name, points);

    private static async Task<CustomerSession> OpenInAsync(IdentityPlatform platform, string tenant, string name, params (string Kind, string Address)[] points)
    {
        var request = new OpenCustomerSessionRequest { ConversationId = Guid.NewGuid().ToString(), DisplayName = name, Locale = "fr" };
        request.ContactPoints.AddRange(points.Select(point => new ContactPoint { Kind = point.Kind, Address = point.Address }));
        return await platform.Client.OpenCustomerSessionAsync(request, await platform.ServiceAsync(tenant), cancellationToken: Stop);
    }
}
