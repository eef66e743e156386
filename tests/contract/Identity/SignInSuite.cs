using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Identity.V1;
using Relais.Identity;
using Relais.Identity.Domain;
using Relais.Identity.Features;
using static Relais.Contract.Identity.IdentityPlatform;

namespace Relais.Contract.Identity;

/// <summary>Staff sign-in: lockout, authenticator codes, refresh tokens, disabled accounts, and what the log may say.</summary>
public sealed class SignInSuite
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sign_in_with_right_password_gives_tokens_and_the_member_of_staff()
    {
        await using var platform = await StartAsync();
        var session = await platform.SignInAsync(" ada.admin@ACME.example ");
        Assert.Equal("Bearer", session.TokenType);
        Assert.Equal(900, session.ExpiresIn);
        Assert.Equal("Ada Admin", session.StaffMember.DisplayName);
        Assert.Equal(["administrator"], session.StaffMember.Roles);
        var me = await platform.Client.GetStaffMemberAsync(new GetStaffMemberRequest { Id = "me" }, With(session.AccessToken), cancellationToken: Stop);
        Assert.Equal(session.StaffMember, me);
    }

    [Fact]
    public async Task Sign_in_without_tenant_is_for_the_only_one_and_refused_when_there_are_several()
    {
        await using var platform = await StartAsync();
        Assert.NotEmpty((await platform.SignInAsync(tenant: "")).AccessToken);
        await platform.AddTenantAsync("beta");
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), await RefusalAsync(() => platform.SignInAsync(tenant: "")));
        Assert.NotEmpty((await platform.SignInAsync("root@beta.example", tenant: "beta")).AccessToken);
    }

    [Theory]
    [InlineData("ada.admin@acme.example", "acme")]
    [InlineData("nobody@acme.example", "acme")]
    [InlineData("ada.admin@acme.example", "nowhere")]
    public async Task Repeated_failures_lock_an_account_in_the_same_way_whether_it_exists_or_not(string email, string tenant)
    {
        await using var platform = await StartAsync();
        for (var attempt = 1; attempt <= 4; attempt++)
            Assert.Equal((StatusCode.Unauthenticated, "sign_in.refused"), await RefusalAsync(() => platform.SignInAsync(email, "wrong password", tenant: tenant)));
        Assert.Equal((StatusCode.ResourceExhausted, "sign_in.locked"), await RefusalAsync(() => platform.SignInAsync(email, "wrong password", tenant: tenant)));
        var locked = await Assert.ThrowsAsync<RpcException>(() => platform.SignInAsync(email, Password, tenant: tenant));
        Assert.Equal(StatusCode.ResourceExhausted, locked.StatusCode);
        var retry = Google.Rpc.Status.Parser.ParseFrom(locked.Trailers.GetValueBytes(FailureStatus.DetailsTrailer)).Details
            .Single(detail => detail.Is(Google.Rpc.RetryInfo.Descriptor)).Unpack<Google.Rpc.RetryInfo>();
        Assert.Equal(TimeSpan.FromMinutes(15), retry.RetryDelay.ToTimeSpan());
        platform.Clock.Pass(TimeSpan.FromMinutes(15));
        if (email.StartsWith("ada", StringComparison.Ordinal) && tenant == TenantId)
            Assert.NotEmpty((await platform.SignInAsync(email)).AccessToken);
        else
            Assert.Equal((StatusCode.Unauthenticated, "sign_in.refused"), await RefusalAsync(() => platform.SignInAsync(email, tenant: tenant)));
    }

    [Fact]
    public async Task Failures_that_are_further_apart_than_the_window_do_not_lock()
    {
        await using var platform = await StartAsync();
        for (var attempt = 0; attempt < 8; attempt++)
        {
            Assert.Equal((StatusCode.Unauthenticated, "sign_in.refused"), await RefusalAsync(() => platform.SignInAsync(password: "wrong password")));
            platform.Clock.Pass(TimeSpan.FromMinutes(4));
        }

        Assert.NotEmpty((await platform.SignInAsync()).AccessToken);
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Right_password_among_many_guesses_at_once_finds_the_account_locked_after_five(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(guess => RefusalAsync(() => platform.SignInAsync(password: $"wrong password {guess}"))));
        Assert.Equal(4, answers.Count(answer => answer.Code == "sign_in.refused"));
        Assert.Equal(26, answers.Count(answer => answer.Code == "sign_in.locked"));
        Assert.Equal((StatusCode.ResourceExhausted, "sign_in.locked"), await RefusalAsync(() => platform.SignInAsync()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refresh_token_that_comes_back_late_or_after_its_successor_was_used_ends_the_session(bool late)
    {
        await using var platform = await StartAsync();
        var first = await platform.SignInAsync();
        var last = await RefreshAsync(platform, first.RefreshToken);
        Assert.NotEqual(first.RefreshToken, last.RefreshToken);
        if (late)
            platform.Clock.Pass(TimeSpan.FromSeconds(31));
        else
            last = await RefreshAsync(platform, last.RefreshToken);
        Assert.Equal((StatusCode.Unauthenticated, "session.ended"), await RefusalAsync(() => RefreshAsync(platform, first.RefreshToken)));
        Assert.Equal((StatusCode.Unauthenticated, "session.ended"), await RefusalAsync(() => RefreshAsync(platform, last.RefreshToken)));
        Assert.Contains(platform.Log.Lines, line => line.Event == "refresh_token_reused");
        Assert.NotEmpty((await platform.SignInAsync()).AccessToken);
    }

    [Fact]
    public async Task Refresh_token_repeated_at_once_gives_the_same_successor()
    {
        await using var platform = await StartAsync();
        var first = await platform.SignInAsync();
        var answer = await RefreshAsync(platform, first.RefreshToken);
        platform.Clock.Pass(TimeSpan.FromSeconds(30));
        var again = await RefreshAsync(platform, first.RefreshToken);
        Assert.Equal(answer.RefreshToken, again.RefreshToken);
        Assert.NotEmpty((await RefreshAsync(platform, again.RefreshToken)).AccessToken);
        Assert.DoesNotContain(platform.Log.Lines, line => line.Event == "refresh_token_reused");
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Refresh_token_used_by_many_at_once_gives_all_the_same_successor(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var session = await platform.SignInAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefreshAsync(platform, session.RefreshToken)));
        Assert.Single(answers.Select(answer => answer.RefreshToken).Distinct());
        await using var db = platform.OpenDb();
        Assert.Equal(2, db.RefreshTokens.Count());
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Refresh_tokens_are_removed_when_they_expire_and_a_session_with_its_last(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var session = await platform.SignInAsync();
        for (var shift = 0; shift < 60; shift++)
        {
            platform.Clock.Pass(TimeSpan.FromHours(8));
            session = await RefreshAsync(platform, session.RefreshToken);
        }

        var now = platform.Clock.GetUtcNow();
        await platform.Services.AsPlatformAsync<RemoveExpired>(expired => expired.HandleAsync(Stop));
        await using (var db = platform.OpenDb())
        {
            // Of 14 days with three refreshes each, and the one that expires at this instant.
            Assert.Equal(43, db.RefreshTokens.Count());
            Assert.DoesNotContain(db.RefreshTokens, token => token.ExpiresAt < now);
        }

        session = await RefreshAsync(platform, session.RefreshToken);
        platform.Clock.Pass(TimeSpan.FromDays(15));
        await platform.Services.AsPlatformAsync<RemoveExpired>(expired => expired.HandleAsync(Stop));
        await using var empty = platform.OpenDb();
        Assert.Equal((0, 0), (empty.RefreshTokens.Count(), empty.Sessions.Count()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("acme")]
    [InlineData("acme.")]
    [InlineData("acme.bm90IGEgdG9rZW4")]
    [InlineData(".x")]
    [InlineData("ACME.x")]
    public async Task Refresh_token_that_is_none_is_refused_and_ending_its_session_is_fine(string token)
    {
        await using var platform = await StartAsync();
        Assert.Equal((StatusCode.Unauthenticated, "session.ended"), await RefusalAsync(() => RefreshAsync(platform, token)));
        await platform.Client.EndSessionAsync(new EndSessionRequest { RefreshToken = token }, cancellationToken: Stop);
    }

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Postgres")]
    public async Task Session_ends_after_two_weeks_without_refresh_and_when_its_owner_signs_out(string provider)
    {
        await using var platform = await StartOnAsync(provider);
        var idle = await platform.SignInAsync();
        var used = await platform.SignInAsync();
        platform.Clock.Pass(TimeSpan.FromDays(10));
        used = await RefreshAsync(platform, used.RefreshToken);
        platform.Clock.Pass(TimeSpan.FromDays(4));
        Assert.Equal("session.ended", (await RefusalAsync(() => RefreshAsync(platform, idle.RefreshToken))).Code);
        used = await RefreshAsync(platform, used.RefreshToken);
        await platform.Client.EndSessionAsync(new EndSessionRequest { RefreshToken = used.RefreshToken }, cancellationToken: Stop);
        Assert.Equal("session.ended", (await RefusalAsync(() => RefreshAsync(platform, used.RefreshToken))).Code);
    }

    [Fact]
    public async Task Disabled_account_is_refused_and_its_sessions_end()
    {
        await using var platform = await StartAsync();
        var member = await platform.AddStaffAsync("eve@acme.example", "agent");
        var session = await platform.SignInAsync("eve@acme.example");
        await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = member.Id, Disabled = true }, await platform.AdministratorAsync(), cancellationToken: Stop);
        Assert.Equal((StatusCode.PermissionDenied, "sign_in.disabled"), await RefusalAsync(() => platform.SignInAsync("eve@acme.example")));
        Assert.Equal("sign_in.refused", (await RefusalAsync(() => platform.SignInAsync("eve@acme.example", "wrong password"))).Code);
        Assert.Equal("session.ended", (await RefusalAsync(() => RefreshAsync(platform, session.RefreshToken))).Code);
    }

    [Fact]
    public async Task New_password_ends_the_sessions_and_lifts_the_lock()
    {
        await using var platform = await StartAsync();
        var member = await platform.AddStaffAsync("eve@acme.example", "agent");
        var session = await platform.SignInAsync("eve@acme.example");
        for (var attempt = 0; attempt < 5; attempt++)
            await RefusalAsync(() => platform.SignInAsync("eve@acme.example", "wrong password"));
        await platform.Client.UpdateStaffMemberAsync(new UpdateStaffMemberRequest { Id = member.Id, Password = "another long one" }, await platform.AdministratorAsync(), cancellationToken: Stop);
        Assert.Equal("session.ended", (await RefusalAsync(() => RefreshAsync(platform, session.RefreshToken))).Code);
        Assert.Equal("sign_in.refused", (await RefusalAsync(() => platform.SignInAsync("eve@acme.example"))).Code);
        Assert.NotEmpty((await platform.SignInAsync("eve@acme.example", "another long one")).AccessToken);
    }

    [Fact]
    public async Task Authenticator_once_confirmed_is_needed_and_each_code_counts_once()
    {
        await using var platform = await StartAsync();
        var mine = await platform.AdministratorAsync();
        var enrolment = await platform.Client.EnrolTotpAsync(new EnrolTotpRequest { RequestId = "enrol" }, mine, cancellationToken: Stop);
        Assert.StartsWith("otpauth://totp/Relais:Ada.Admin%40Acme.example?secret=" + enrolment.Secret, enrolment.Uri, StringComparison.Ordinal);
        Assert.Equal(enrolment, await platform.Client.EnrolTotpAsync(new EnrolTotpRequest { RequestId = "enrol" }, mine, cancellationToken: Stop));
        Assert.NotEmpty((await platform.SignInAsync()).AccessToken);

        var secret = FromBase32(enrolment.Secret);
        string Code() => Totp.CodeAt(secret, platform.Clock.GetUtcNow());
        Assert.Equal("request.invalid", (await RefusalAsync(async () => await platform.Client.ConfirmTotpAsync(new ConfirmTotpRequest { Code = "000000" }, mine))).Code);
        var confirmed = await platform.Client.ConfirmTotpAsync(new ConfirmTotpRequest { Code = Code() }, mine, cancellationToken: Stop);
        Assert.True(confirmed.TotpEnabled);
        Assert.Equal("totp.enrolled", (await RefusalAsync(async () => await platform.Client.EnrolTotpAsync(new EnrolTotpRequest(), mine))).Code);

        Assert.Equal((StatusCode.Unauthenticated, "sign_in.totp_required"), await RefusalAsync(() => platform.SignInAsync()));
        Assert.Equal((StatusCode.Unauthenticated, "sign_in.totp_wrong"), await RefusalAsync(() => platform.SignInAsync(totp: Code())));
        platform.Clock.Pass(TimeSpan.FromSeconds(30));
        var code = Code();
        Assert.NotEmpty((await platform.SignInAsync(totp: code)).AccessToken);
        Assert.Equal("sign_in.totp_wrong", (await RefusalAsync(() => platform.SignInAsync(totp: code))).Code);
        platform.Clock.Pass(TimeSpan.FromSeconds(60));
        var late = Totp.CodeAt(secret, platform.Clock.GetUtcNow().AddSeconds(-30));
        Assert.NotEmpty((await platform.SignInAsync(totp: late)).AccessToken);
    }

    [Fact]
    public async Task Guessed_codes_lock_the_account_and_an_administrator_can_take_the_authenticator_away()
    {
        await using var platform = await StartAsync();
        var member = await platform.AddStaffAsync("eve@acme.example", "agent");
        var hers = With((await platform.SignInAsync("eve@acme.example")).AccessToken);
        var enrolment = await platform.Client.EnrolTotpAsync(new EnrolTotpRequest(), hers, cancellationToken: Stop);
        await platform.Client.ConfirmTotpAsync(
            new ConfirmTotpRequest { Code = Totp.CodeAt(FromBase32(enrolment.Secret), platform.Clock.GetUtcNow()) }, hers, cancellationToken: Stop);
        for (var guess = 0; guess < 4; guess++)
            Assert.Equal("sign_in.totp_wrong", (await RefusalAsync(() => platform.SignInAsync("eve@acme.example", totp: "000000"))).Code);
        Assert.Equal("sign_in.locked", (await RefusalAsync(() => platform.SignInAsync("eve@acme.example", totp: "000000"))).Code);

        var changed = await platform.Client.UpdateStaffMemberAsync(
            new UpdateStaffMemberRequest { Id = member.Id, UpdateMask = new() { Paths = { "totp_enabled" } } }, await platform.AdministratorAsync(), cancellationToken: Stop);
        Assert.False(changed.TotpEnabled);
        Assert.NotEmpty((await platform.SignInAsync("eve@acme.example")).AccessToken);
    }

    [Fact]
    public async Task Password_stored_with_fewer_iterations_is_hashed_again_at_the_next_sign_in()
    {
        await using var platform = await StartAsync();
        await platform.RestartAsync(("Identity:PasswordIterations", "20000"));
        Assert.NotEmpty((await platform.SignInAsync()).AccessToken);
        await using var db = platform.OpenDb();
        var hash = Convert.FromBase64String(db.Credentials.Single().PasswordHash);
        // Version 3 of ASP.NET Core Identity's format: a byte, the function, then the iterations, both big-endian.
        Assert.Equal(20_000, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(5)));
        Assert.NotEmpty((await platform.SignInAsync()).AccessToken);
    }

    [Theory]
    [InlineData("acme", "", "x", "", "email")]
    [InlineData("acme", "a@b.example", "", "", "password")]
    [InlineData("Not A Tenant", "a@b.example", "x", "", "tenant")]
    [InlineData("acme", "a\0@b.example", "x", "", "email")]
    [InlineData("acme", "a@b.example", "x", "123456789012345678901", "totp")]
    public async Task Sign_in_with_a_wrong_field_names_the_field(string tenant, string email, string password, string totp, string field)
    {
        await using var platform = await StartAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => platform.SignInAsync(email, password, totp, tenant));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(field, refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_tells_of_sign_ins_under_stable_names_and_carries_no_secret()
    {
        await using var platform = await StartAsync();
        var session = await platform.SignInAsync();
        var refreshed = await RefreshAsync(platform, session.RefreshToken);
        await RefusalAsync(() => platform.SignInAsync(password: "the wrong password"));
        await RefusalAsync(() => platform.SignInAsync("nobody@acme.example", "the wrong password"));
        var request = new CreateClientRequest { DisplayName = "Partner", Scopes = { "tickets.read" } };
        var client = await platform.Client.CreateClientAsync(request, With(session.AccessToken), cancellationToken: Stop);
        await platform.Client.IssueClientTokenAsync(new IssueClientTokenRequest { ClientId = client.Client.ClientId, ClientSecret = client.ClientSecret }, cancellationToken: Stop);
        var enrolment = await platform.Client.EnrolTotpAsync(new EnrolTotpRequest(), With(session.AccessToken), cancellationToken: Stop);

        foreach (var name in new[] { "sign_in_succeeded", "sign_in_refused", "client_registered", "client_sign_in_succeeded", "tenant_created", "signing_key_rotated" })
            Assert.Contains(platform.Log.Lines, line => line.Event == name);
        string[] secrets =
        [
            Password, "the wrong password", session.AccessToken, session.RefreshToken, refreshed.AccessToken, refreshed.RefreshToken, client.ClientSecret,
            enrolment.Secret, ServiceSecret, "nobody@acme.example", AdministratorEmail,
        ];
        foreach (var secret in secrets)
            Assert.DoesNotContain(platform.Log.Lines, line => line.Text.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<Session> RefreshAsync(IdentityPlatform platform, string token) =>
        await platform.Client.RefreshSessionAsync(new RefreshSessionRequest { RefreshToken = token });

    private static byte[] FromBase32(string text)
    {
        var (bytes, buffer, bits) = (new List<byte>(), 0, 0);
        foreach (var character in text)
        {
            buffer = (buffer << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(character, StringComparison.Ordinal);
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(buffer >> bits));
            buffer &= (1 << bits) - 1;
        }

        return [.. bytes];
    }
}
