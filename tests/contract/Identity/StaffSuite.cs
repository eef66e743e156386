using System.Text;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Contracts;
using Relais.Contracts.Identity;
using Relais.Contracts.Identity.V1;
using static Relais.Contract.Identity.IdentityPlatform;

namespace Relais.Contract.Identity;

/// <summary>Tenants and staff: who may change what, etags, masks, paging, events, and the wall between tenants.</summary>
public sealed class StaffSuite
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Member_added_and_changed_is_told_to_the_others_once(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var administrator = await platform.AdministratorAsync();
        var request = new CreateStaffMemberRequest
        {
            RequestId = "add", Email = " Zoé@Acme.example ", DisplayName = "Zoé 👩🏽‍💻", Roles = { "expert", "agent", "expert" }, Locale = "fr", Password = Password,
        };
        var added = await platform.Client.CreateStaffMemberAsync(request, administrator, cancellationToken: Stop);
        Assert.Equal(added, await platform.Client.CreateStaffMemberAsync(request, administrator, cancellationToken: Stop));
        Assert.Equal(("Zoé@Acme.example", "Zoé 👩🏽‍💻", "fr", "\"1\""), (added.Email, added.DisplayName, added.Locale, added.Etag));
        Assert.Equal(["agent", "expert"], added.Roles);

        var changed = await platform.Client.UpdateStaffMemberAsync(
            new UpdateStaffMemberRequest { Id = added.Id, Roles = { "supervisor" }, Etag = added.Etag, UpdateMask = new() { Paths = { "roles" } } }, administrator, cancellationToken: Stop);
        Assert.Equal(["supervisor"], changed.Roles);
        Assert.NotEqual(added.Etag, changed.Etag);
        Assert.Equal(changed, await platform.Client.GetStaffMemberAsync(new GetStaffMemberRequest { Id = added.Id }, administrator, cancellationToken: Stop));

        await using var db = platform.OpenDb();
        var events = await db.Outbox.AsNoTracking().Where(row => row.Key == added.Id).OrderBy(row => row.Position).ToListAsync(Stop);
        Assert.Equal([StaffMemberAdded.WireName, StaffMemberChanged.WireName], events.Select(row => row.Name));
        Assert.Contains("\"supervisor\"", events[1].Payload, StringComparison.Ordinal);
        Assert.All(events, row => Assert.DoesNotContain(Password, row.Payload, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Email_is_taken_in_a_tenant_whatever_its_case_and_free_in_another()
    {
        await using var platform = await StartAsync();
        await platform.AddStaffAsync("eve@acme.example", "agent");
        Assert.Equal((StatusCode.AlreadyExists, "staff.email_taken"), await RefusalAsync(() => platform.AddStaffAsync("EVE@acme.example", "agent")));
        await platform.AddTenantAsync("beta");
        var beta = With((await platform.SignInAsync("root@beta.example", tenant: "beta")).AccessToken);
        await platform.Client.CreateStaffMemberAsync(
            new CreateStaffMemberRequest { Email = "eve@acme.example", DisplayName = "Eve", Roles = { "agent" }, Password = Password }, beta, cancellationToken: Stop);
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Email_given_to_many_at_once_is_one_persons(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var administrator = await platform.AdministratorAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async number =>
        {
            try
            {
                await platform.Client.CreateStaffMemberAsync(
                    new CreateStaffMemberRequest { Email = "eve@acme.example", DisplayName = $"Eve {number}", Roles = { "agent" }, Password = Password }, administrator);
                return true;
            }
            catch (RpcException taken) when (taken.StatusCode == StatusCode.AlreadyExists)
            {
                return false;
            }
        }));
        Assert.Single(answers, added => added);
    }

    [Fact]
    public async Task Request_id_reused_for_another_request_is_refused()
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        var request = new CreateStaffMemberRequest { RequestId = "same", Email = "a@acme.example", DisplayName = "A", Roles = { "agent" }, Password = Password };
        await platform.Client.CreateStaffMemberAsync(request, administrator, cancellationToken: Stop);
        request.Email = "b@acme.example";
        Assert.Equal((StatusCode.AlreadyExists, "request_id.reused"), await RefusalAsync(async () => await platform.Client.CreateStaffMemberAsync(request, administrator, cancellationToken: Stop)));
    }

    [Theory]
    [InlineData("no address", "Eve", "agent", "long enough one", "email")]
    [InlineData("eve@acme.example", "", "agent", "long enough one", "displayName")]
    [InlineData("eve@acme.example", "Ev\0e", "agent", "long enough one", "displayName")]
    [InlineData("eve@acme.example", "Eve", "customer", "long enough one", "roles[0]")]
    [InlineData("eve@acme.example", "Eve", "service", "long enough one", "roles[0]")]
    [InlineData("eve@acme.example", "Eve", "agent", "short", "password")]
    [InlineData("eve@acme.example", "Eve", "agent", "aaaaaaaaaaaa", "password")]
    [InlineData("eve@acme.example", "Eve", "agent", "eve@acme.example", "password")]
    public async Task Member_with_a_wrong_field_is_refused_and_the_field_named(string email, string name, string role, string password, string field)
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await platform.Client.CreateStaffMemberAsync(
            new CreateStaffMemberRequest { Email = email, DisplayName = name, Roles = { role }, Password = password }, administrator, cancellationToken: Stop));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(field + ":", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_follows_the_mask_and_refuses_unknown_fields_and_stale_etags()
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        var member = await platform.AddStaffAsync("eve@acme.example", "agent");
        UpdateStaffMemberRequest Request(string etag, params string[] paths)
        {
            var request = new UpdateStaffMemberRequest { Id = member.Id, DisplayName = "Eva", Locale = "en-GB", Etag = etag };
            if (paths.Length > 0)
                request.UpdateMask = new() { Paths = { paths } };
            return request;
        }

        var changed = await platform.Client.UpdateStaffMemberAsync(Request(member.Etag, "display_name"), administrator, cancellationToken: Stop);
        Assert.Equal(("Eva", "fr"), (changed.DisplayName, changed.Locale));
        Assert.Equal((StatusCode.Aborted, "etag.stale"), await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(Request(member.Etag), administrator)));
        Assert.Equal("en-GB", (await platform.Client.UpdateStaffMemberAsync(Request(""), administrator, cancellationToken: Stop)).Locale);
        foreach (var path in new[] { "email", "id", "displayName", "*" })
            Assert.Equal("request.invalid", (await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(Request("", path), administrator))).Code);
        Assert.Equal("request.invalid", (await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = member.Id }, administrator))).Code);
        Assert.Equal("staff.not_found", (await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(
            new UpdateStaffMemberRequest { Id = Guid.NewGuid().ToString(), DisplayName = "x" }, administrator))).Code);
    }

    [Fact]
    public async Task Last_administrator_stays_one()
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        var refusal = (StatusCode.FailedPrecondition, "staff.last_administrator");
        Assert.Equal(refusal, await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = "me", Roles = { "agent" } }, administrator)));
        Assert.Equal(refusal, await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = "me", Disabled = true }, administrator)));
        var second = await platform.AddStaffAsync("second@acme.example", "administrator");
        await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = "me", Disabled = true }, administrator, cancellationToken: Stop);
        Assert.Equal(refusal, await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = second.Id, Roles = { "agent" } }, administrator)));
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Administrators_who_remove_each_other_at_once_leave_one(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var administrator = await platform.AdministratorAsync();
        var members = new List<string> { (await platform.Client.GetStaffMemberAsync(new GetStaffMemberRequest { Id = "me" }, administrator, cancellationToken: Stop)).Id };
        for (var number = 0; number < 4; number++)
            members.Add((await platform.AddStaffAsync($"admin{number}@acme.example", "administrator")).Id);
        await Task.WhenAll(members.Select(async id =>
        {
            try
            {
                await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = id, Roles = { "agent" } }, administrator);
            }
            catch (RpcException last) when (last.StatusCode == StatusCode.FailedPrecondition)
            {
                // The one who stays.
            }
        }));
        await using var db = platform.OpenDb();
        Assert.Single(db.Staff.AsEnumerable(), member => member.IsAdministrator);
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task List_goes_through_everybody_once_and_refuses_made_up_tokens(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var administrator = await platform.AdministratorAsync();
        for (var number = 0; number < 6; number++)
            await platform.AddStaffAsync($"agent{number}@acme.example", "agent");
        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await platform.Client.ListStaffAsync(new ListStaffRequest { PageSize = 3, PageToken = token }, administrator, cancellationToken: Stop);
            Assert.InRange(page.Staff.Count, 1, 3);
            seen.AddRange(page.Staff.Select(member => member.Email));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(7, seen.Distinct().Count());
        Assert.Equal(7, seen.Count);
        Assert.Equal("page_token.invalid", (await RefusalAsync(async () => await platform.Client.ListStaffAsync(new ListStaffRequest { PageToken = "made up" }, administrator))).Code);
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Tenant_with_its_administrator_is_added_by_the_operators_administrators_alone(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var beta = await platform.AddTenantAsync("beta", "Help.Beta.example", "help.beta.example.");
        Assert.Equal(["help.beta.example"], beta.Hosts);
        var root = With((await platform.SignInAsync("root@beta.example", tenant: "beta")).AccessToken);
        Assert.Equal((StatusCode.PermissionDenied, "tenant.not_operator"), await RefusalAsync(async () => await platform.Client.CreateTenantAsync(new CreateTenantRequest { Id = "gamma" }, root)));
        Assert.Equal((StatusCode.PermissionDenied, "tenant.not_operator"), await RefusalAsync(async () => await platform.Client.RotateKeysAsync(new RotateKeysRequest(), root)));
        Assert.Equal((StatusCode.AlreadyExists, "tenant.exists"), await RefusalAsync(() => platform.AddTenantAsync("beta")));
        Assert.Equal((StatusCode.AlreadyExists, "tenant.host_taken"), await RefusalAsync(() => platform.AddTenantAsync("gamma", "HELP.beta.example")));
        foreach (var id in new[] { "", "Beta", "-x", "a--b", "a.b", "a_b", new string('a', 64) })
            Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), await RefusalAsync(() => platform.AddTenantAsync(id)));
        var tenants = await platform.Client.ListTenantsAsync(new ListTenantsRequest(), await platform.ServiceAsync(), cancellationToken: Stop);
        Assert.Equal([("acme", true), ("beta", false)], tenants.Tenants.Select(tenant => (tenant.Id, tenant.IsOperator)));
    }

    [Fact]
    public async Task Administrator_of_another_tenant_sees_and_changes_nothing()
    {
        await using var platform = await StartAsync();
        var member = await platform.AddStaffAsync("eve@acme.example", "agent");
        var customer = (await platform.Client.OpenCustomerSessionAsync(
            new OpenCustomerSessionRequest { ConversationId = Guid.NewGuid().ToString(), DisplayName = "Paul" }, await platform.ServiceAsync(), cancellationToken: Stop)).Customer;
        await platform.AddTenantAsync("beta");
        var root = With((await platform.SignInAsync("root@beta.example", tenant: "beta")).AccessToken, tenant: TenantId);
        Assert.Equal("staff.not_found", (await RefusalAsync(async () => await platform.Client.GetStaffMemberAsync(new GetStaffMemberRequest { Id = member.Id }, root))).Code);
        Assert.Equal("staff.not_found", (await RefusalAsync(async () => await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = member.Id, DisplayName = "x" }, root))).Code);
        Assert.Equal("customer.not_found", (await RefusalAsync(async () => await platform.Client.GetCustomerAsync(new GetCustomerRequest { Id = customer.Id }, root))).Code);
        Assert.Equal("root@beta.example", Assert.Single((await platform.Client.ListStaffAsync(new ListStaffRequest(), root, cancellationToken: Stop)).Staff).Email);
        Assert.Empty((await platform.Client.ListCustomersAsync(new ListCustomersRequest(), root, cancellationToken: Stop)).Customers);
    }

    [Fact]
    public async Task First_tenant_is_made_once_and_a_changed_option_does_not_touch_it()
    {
        await using var platform = await StartAsync();
        await platform.RestartAsync(("Identity:Bootstrap:Password", "another long one"), ("Identity:Bootstrap:Tenant", "other"));
        Assert.NotEmpty((await platform.SignInAsync()).AccessToken);
        Assert.Single((await platform.Client.ListTenantsAsync(new ListTenantsRequest(), await platform.ServiceAsync(), cancellationToken: Stop)).Tenants);
    }

    [Fact]
    public async Task Database_file_holds_no_password_and_no_token_in_clear()
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        var session = await platform.SignInAsync();
        await platform.Client.CreateStaffMemberAsync(
            new CreateStaffMemberRequest { RequestId = "add", Email = "eve@acme.example", DisplayName = "Eve", Roles = { "agent" }, Password = "unmistakable password" }, administrator, cancellationToken: Stop);
        var enrolment = await platform.Client.EnrolTotpAsync(new EnrolTotpRequest { RequestId = "enrol" }, administrator, cancellationToken: Stop);
        var bytes = Encoding.Latin1.GetString(platform.DatabaseBytes());
        Assert.Contains("eve@acme.example", bytes, StringComparison.Ordinal);
        foreach (var secret in new[] { Password, "unmistakable password", session.RefreshToken, session.AccessToken, enrolment.Secret, ServiceSecret })
            Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal);
    }
}
