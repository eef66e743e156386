using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Relais.Common.Data;

namespace Relais.Identity.Domain;

/// <summary>When an account locks, and for how long.</summary>
internal sealed record LockoutPolicy(int Failures, TimeSpan Window, TimeSpan Time);

/// <summary>
/// The failed sign-ins of one account name, whether there is such an account or not: who guesses names learns nothing
/// from the lock.
/// </summary>
internal sealed class SignInAttempts : ITenantOwned, IVersioned
{
    public string TenantId { get; set; } = "";

    /// <summary>SHA-256 of the e-mail address as it is compared: names that nobody has are not kept in clear.</summary>
    public required string Account { get; init; }

    /// <summary>The latest failures, in milliseconds since 1970.</summary>
    public List<long> FailedAt { get; set; } = [];

    public DateTimeOffset? LockedUntil { get; set; }

    /// <summary>The row says nothing any more after this.</summary>
    public DateTimeOffset ForgetAt { get; set; }

    public int Revision { get; set; }

    public static string AccountOf(string email) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(EmailAddress.Normalise(email) ?? email)));

    /// <summary>How long the account stays locked; null when it is not.</summary>
    public TimeSpan? LockedFor(DateTimeOffset now) => LockedUntil > now ? LockedUntil.Value - now : null;

    /// <returns>Whether this failure locked the account.</returns>
    public bool Fail(LockoutPolicy policy, DateTimeOffset now)
    {
        var since = (now - policy.Window).ToUnixTimeMilliseconds();
        FailedAt = [.. FailedAt.Where(at => at > since), now.ToUnixTimeMilliseconds()];
        LockedUntil = null;
        ForgetAt = now + policy.Window;
        if (FailedAt.Count < policy.Failures)
            return false;
        FailedAt = [];
        LockedUntil = now + policy.Time;
        ForgetAt = LockedUntil.Value;
        return true;
    }
}
