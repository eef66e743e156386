using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Security;
using Relais.Contracts.Identity.V1;
using Relais.Identity;
using Relais.Identity.Domain;
using Relais.Identity.Features;
using static Relais.Contract.Identity.IdentityPlatform;

namespace Relais.Contract.Identity;

/// <summary>Signing keys: kept over restarts, rotated, verified by other services, stored under the master key.</summary>
public sealed class KeySuite
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Key_set_has_public_halves_only_and_the_same_key_after_a_restart()
    {
        await using var platform = await StartAsync();
        var before = await KeysAsync(platform);
        var key = Assert.Single(before);
        Assert.Equal(("EC", "P-256", "sig", "ES256"), (key.Kty, key.Crv, key.Use, key.Alg));
        var session = await platform.SignInAsync();
        await platform.RestartAsync();
        Assert.Equal(before, await KeysAsync(platform));
        Assert.NotNull(await platform.Client.ListStaffAsync(new ListStaffRequest(), With(session.AccessToken), cancellationToken: Stop));
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Rotation_signs_with_a_new_key_at_once_and_keeps_the_old_one_until_its_tokens_have_expired(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var old = Assert.Single(await KeysAsync(platform));
        var administrator = await platform.AdministratorAsync();
        var rotated = await platform.Client.RotateKeysAsync(new RotateKeysRequest { RequestId = "once" }, administrator, cancellationToken: Stop);
        Assert.Equal(2, rotated.Keys.Count);
        Assert.Equal(rotated, await platform.Client.RotateKeysAsync(new RotateKeysRequest { RequestId = "once" }, administrator, cancellationToken: Stop));
        Assert.Equal(rotated.Keys, await KeysAsync(platform));
        var session = await platform.SignInAsync();
        Assert.NotEqual(old.Kid, KeyIdOf(session.AccessToken));
        Assert.NotNull(await platform.Client.ListStaffAsync(new ListStaffRequest(), With(session.AccessToken), cancellationToken: Stop));

        platform.Clock.Pass(TimeSpan.FromDays(30));
        await platform.Services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(Stop));
        Assert.Contains(await KeysAsync(platform), key => key.Kid == old.Kid);
        platform.Clock.Pass(TimeSpan.FromMinutes(6));
        await platform.Services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(Stop));
        Assert.DoesNotContain(await KeysAsync(platform), key => key.Kid == old.Kid);
        await platform.Services.AsPlatformAsync<RemoveExpired>(expired => expired.HandleAsync(Stop));
        await using var db = platform.OpenDb(SigningKey.Partition);
        Assert.DoesNotContain(db.SigningKeys, key => key.KeyId == old.Kid);
    }

    [Fact]
    public async Task Key_is_rotated_at_its_age_and_its_private_half_forgotten()
    {
        await using var platform = await StartAsync();
        platform.Clock.Pass(TimeSpan.FromDays(29));
        await platform.Services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(Stop));
        Assert.Single(await KeysAsync(platform));
        platform.Clock.Pass(TimeSpan.FromDays(1));
        await platform.Services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(Stop));
        Assert.Equal(2, (await KeysAsync(platform)).Count);
        await using var db = platform.OpenDb(SigningKey.Partition);
        Assert.Equal([true, false], db.SigningKeys.OrderBy(key => key.Generation).AsEnumerable().Select(key => key.SealedPrivate is null));
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Two_replicas_that_rotate_at_once_make_one_new_key(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        platform.Clock.Pass(TimeSpan.FromDays(30));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => platform.Services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(Stop))));
        Assert.Equal(2, (await KeysAsync(platform)).Count);
    }

    [Fact]
    public async Task Rotation_again_and_again_is_refused_before_the_key_set_grows_without_end()
    {
        await using var platform = await StartAsync();
        var administrator = await platform.AdministratorAsync();
        for (var rotation = 1; rotation < 20; rotation++)
            await platform.Client.RotateKeysAsync(new RotateKeysRequest(), administrator, cancellationToken: Stop);
        Assert.Equal((StatusCode.ResourceExhausted, "keys.too_many"), await RefusalAsync(async () => await platform.Client.RotateKeysAsync(new RotateKeysRequest(), administrator)));
    }

    [Fact]
    public async Task Service_accepts_tokens_of_identity_before_and_after_a_rotation_and_refuses_forged_ones()
    {
        const string Guarded = "/relais.tickets.v1.Tickets/ListTickets";
        await using var platform = await StartAsync();
        await using var service = await GuardedPlatform.StartAsync(platform.Address, ServiceSecret);
        var before = await platform.SignInAsync();
        Assert.Equal(StatusCode.Unimplemented, (await service.CallAsync(Guarded, "Bearer " + before.AccessToken)).StatusCode);
        Assert.Equal(StatusCode.Unauthenticated, (await service.CallAsync(Guarded, "Bearer " + service.Tokens.OfRole("agent"))).StatusCode);
        await platform.Client.RotateKeysAsync(new RotateKeysRequest(), With(before.AccessToken), cancellationToken: Stop);
        var after = await platform.SignInAsync();
        Assert.NotEqual(KeyIdOf(before.AccessToken), KeyIdOf(after.AccessToken));
        // A service asks identity for unknown keys at most once a second, and a forged token has just made it ask.
        StatusCode status;
        for (var attempt = 0; (status = (await service.CallAsync(Guarded, "Bearer " + after.AccessToken)).StatusCode) == StatusCode.Unauthenticated && attempt < 100; attempt++)
            await Task.Delay(50, Stop);
        Assert.Equal(StatusCode.Unimplemented, status);
        Assert.Equal(StatusCode.Unimplemented, (await service.CallAsync(Guarded, "Bearer " + before.AccessToken)).StatusCode);
    }

    [Fact]
    public async Task Service_learns_tenants_and_host_names_from_identity()
    {
        const string Public = "/relais.knowledge.v1.Knowledge/Ask";
        await using var platform = await StartAsync();
        await platform.AddTenantAsync("beta", "help.beta.example");
        await using var service = await GuardedPlatform.StartAsync(platform.Address, ServiceSecret);
        Assert.Equal(StatusCode.NotFound, (await service.CallAsync(Public, null)).StatusCode);
        Assert.Equal(StatusCode.Unimplemented, (await service.CallAsync(Public, null, ("relais-host", "HELP.beta.example"))).StatusCode);
        Assert.Equal(StatusCode.Unimplemented, (await service.CallAsync(Public, null, ("relais-tenant", "beta"))).StatusCode);
    }

    [Fact]
    public void Key_that_is_replaced_far_more_often_than_its_tokens_expire_is_a_problem()
    {
        var options = new IdentityOptions { MasterKey = Convert.ToBase64String(new byte[32]), KeyLife = TimeSpan.FromDays(3) };
        Assert.Empty(options.Problems());
        options.ConversationTokenLife = TimeSpan.FromDays(31);
        Assert.StartsWith("KeyLife", Assert.Single(options.Problems()), StringComparison.Ordinal);
        (options.KeyLife, options.ConversationTokenLife) = (TimeSpan.FromDays(40), TimeSpan.FromDays(367));
        Assert.StartsWith("ConversationTokenLife", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stored_keys_do_not_open_under_another_master_key_and_the_report_says_so()
    {
        await using var platform = await StartAsync();
        var wrong = await Assert.ThrowsAsync<InvalidConfigurationException>(() => platform.RestartAsync(("Identity:MasterKey", Convert.ToBase64String(new byte[32]))));
        Assert.Contains("Identity:MasterKey", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_with_several_problems_reports_them_together()
    {
        var problems = new List<(string Target, string Problem)>();
        var args = new[]
        {
            "--Identity:MasterKey=short", "--Identity:AccessTokenLife=00:00:01", "--Identity:Bootstrap:Tenant=Not A Slug",
            "--Identity:Bootstrap:Email=x", "--Identity:Bootstrap:Password=short", "--ConnectionStrings:identity=Data Source=x.db",
            "--Platform:ServiceSecret=" + ServiceSecret,
        };
        Assert.Null(TargetHost.Build(new IdentityTarget(), args, null, new LocalDispatcher(), problems));
        Assert.Equal(5, problems.Count);
        Assert.All(problems, problem => Assert.StartsWith("Identity:", problem.Problem, StringComparison.Ordinal));
    }

    private static async Task<List<KeySet.Types.Key>> KeysAsync(IdentityPlatform platform) =>
        [.. (await platform.Client.GetKeySetAsync(new GetKeySetRequest(), cancellationToken: Stop)).Keys];

    private static string KeyIdOf(string token) => new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(token).Kid;
}
