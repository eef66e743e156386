using Relais.Identity.Domain;

namespace Relais.Unit.Identity;

public sealed class SignInAttemptsTests
{
    private static readonly LockoutPolicy Policy = new(3, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(20));
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Failures_within_the_window_lock_for_the_time()
    {
        var attempts = New();
        Assert.False(attempts.Fail(Policy, Start));
        Assert.False(attempts.Fail(Policy, Start.AddMinutes(5)));
        Assert.Null(attempts.LockedFor(Start.AddMinutes(5)));
        Assert.True(attempts.Fail(Policy, Start.AddMinutes(9)));
        Assert.Equal(TimeSpan.FromMinutes(20), attempts.LockedFor(Start.AddMinutes(9)));
        Assert.Equal(TimeSpan.FromMinutes(1), attempts.LockedFor(Start.AddMinutes(28)));
        Assert.Null(attempts.LockedFor(Start.AddMinutes(29)));
    }

    [Fact]
    public void Failures_that_have_left_the_window_do_not_count()
    {
        var attempts = New();
        for (var minutes = 0; minutes < 60; minutes += 6)
            Assert.False(attempts.Fail(Policy, Start.AddMinutes(minutes)));
    }

    [Fact]
    public void Lock_that_is_over_begins_the_count_anew()
    {
        var attempts = New();
        for (var failure = 0; failure < 3; failure++)
            attempts.Fail(Policy, Start);
        Assert.False(attempts.Fail(Policy, Start.AddMinutes(20)));
        Assert.Null(attempts.LockedFor(Start.AddMinutes(20)));
        Assert.False(attempts.Fail(Policy, Start.AddMinutes(21)));
        Assert.True(attempts.Fail(Policy, Start.AddMinutes(22)));
    }

    [Fact]
    public void Row_is_kept_as_long_as_it_says_something()
    {
        var attempts = New();
        attempts.Fail(Policy, Start);
        Assert.Equal(Start.AddMinutes(10), attempts.ForgetAt);
        attempts.Fail(Policy, Start);
        attempts.Fail(Policy, Start);
        Assert.Equal(Start.AddMinutes(20), attempts.ForgetAt);
    }

    [Fact]
    public void Account_is_the_same_for_all_spellings_of_its_address_and_does_not_tell_it()
    {
        Assert.Equal(SignInAttempts.AccountOf("ada@acme.example"), SignInAttempts.AccountOf(" ADA@Acme.example"));
        Assert.NotEqual(SignInAttempts.AccountOf("ada@acme.example"), SignInAttempts.AccountOf("eve@acme.example"));
        Assert.DoesNotContain("ada", SignInAttempts.AccountOf("ada@acme.example"), StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(SignInAttempts.AccountOf("no address"));
    }

    private static SignInAttempts New() => new() { Account = "x" };
}
