using Relais.Common.Hosting;
using Relais.Identity.Domain;

namespace Relais.Identity;

/// <summary>How long things last, when accounts lock, and the key under which secrets are stored.</summary>
internal sealed class IdentityOptions : ITargetOptions
{
    // Keys that verify at a time, of those made in their turn; RotateKeys leaves room for others.
    private const int MostKeysInTurn = 10;

    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(366);

    public static string Section => "Identity";

    /// <summary>Base64 of 32 random bytes; signing keys and authenticator secrets are stored encrypted under it.</summary>
    public string MasterKey { get; set; } = "";

    public TimeSpan AccessTokenLife { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How long the token of a conversation serves its customer, who gets no other: as long as they may have to read answers,
    /// write on after a resolution, and answer the survey. Neither has an end of its own. It opens this conversation alone.
    /// </summary>
    public TimeSpan ConversationTokenLife { get; set; } = TimeSpan.FromDays(30);

    public TimeSpan ClientTokenLife { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A session that is not refreshed for this long ends.</summary>
    public TimeSpan RefreshTokenLife { get; set; } = TimeSpan.FromDays(14);

    /// <summary>A signing key is replaced at this age; who verifies knows it for as long after as the longest token lives.</summary>
    public TimeSpan KeyLife { get; set; } = TimeSpan.FromDays(30);

    /// <summary>This many failed sign-ins within <see cref="LockoutWindow"/> lock an account for <see cref="LockoutTime"/>.</summary>
    public int LockoutFailures { get; set; } = 5;

    public TimeSpan LockoutWindow { get; set; } = TimeSpan.FromMinutes(15);

    public TimeSpan LockoutTime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>PBKDF2 (HMAC-SHA512) iterations; stored passwords with fewer are hashed again at the next sign-in.</summary>
    public int PasswordIterations { get; set; } = 100_000;

    /// <summary>The first tenant and its first administrator, made when the platform has no tenant.</summary>
    public BootstrapOptions Bootstrap { get; set; } = new();

    /// <summary>No token of any kind lives longer.</summary>
    public TimeSpan LongestTokenLife => new[] { AccessTokenLife, ConversationTokenLife, ClientTokenLife }.Max();

    public LockoutPolicy Lockout => new(LockoutFailures, LockoutWindow, LockoutTime);

    public IEnumerable<string> Problems()
    {
        if (!TryReadMasterKey(out _))
            yield return $"{nameof(MasterKey)} must be the base64 of 32 random bytes (openssl rand -base64 32).";
        foreach (var (name, life) in new[]
        {
            (nameof(AccessTokenLife), AccessTokenLife), (nameof(ConversationTokenLife), ConversationTokenLife),
            (nameof(ClientTokenLife), ClientTokenLife), (nameof(RefreshTokenLife), RefreshTokenLife),
        })
        {
            if (life < TimeSpan.FromMinutes(1) || life > LongestLife)
                yield return $"{name} must be from a minute to {LongestLife.Days} days.";
        }

        if (KeyLife < TimeSpan.FromHours(1))
            yield return $"{nameof(KeyLife)} must be at least an hour.";
        else if (KeyLife * MostKeysInTurn < LongestTokenLife)
            yield return $"{nameof(KeyLife)} must be at least a {MostKeysInTurn}th of the longest life of a token, which is {LongestTokenLife}: so many keys verify at a time.";
        if (LockoutFailures < 1)
            yield return $"{nameof(LockoutFailures)} must be at least 1.";
        if (LockoutWindow <= TimeSpan.Zero)
            yield return $"{nameof(LockoutWindow)} must be more than 0.";
        if (LockoutTime <= TimeSpan.Zero)
            yield return $"{nameof(LockoutTime)} must be more than 0.";
        if (PasswordIterations < 10_000)
            yield return $"{nameof(PasswordIterations)} must be at least 10000.";
        foreach (var problem in Bootstrap.Problems())
            yield return $"{nameof(Bootstrap)}:{problem}";
    }

    /// <exception cref="InvalidOperationException">The option is not a key; <see cref="Problems"/> said so.</exception>
    public byte[] ReadMasterKey() => TryReadMasterKey(out var key) ? key : throw new InvalidOperationException($"{Section}:{nameof(MasterKey)} is not a key.");

    private bool TryReadMasterKey(out byte[] key)
    {
        key = new byte[32];
        return Convert.TryFromBase64String(MasterKey, key, out var length) && length == key.Length;
    }
}

/// <summary>Where a platform without tenants gets its first one.</summary>
internal sealed class BootstrapOptions
{
    /// <summary>The tenant's id; empty makes none.</summary>
    public string Tenant { get; set; } = "";

    /// <summary>The tenant's name; empty is its id.</summary>
    public string TenantName { get; set; } = "";

    public string DefaultLocale { get; set; } = "fr";

    /// <summary>Host names whose anonymous calls are this tenant's.</summary>
    public List<string> Hosts { get; set; } = [];

    /// <summary>The first administrator's name; empty is their e-mail address.</summary>
    public string DisplayName { get; set; } = "";

    public string Email { get; set; } = "";

    public string Password { get; set; } = "";

    internal IEnumerable<string> Problems()
    {
        if (Tenant.Length == 0)
            yield break;
        if (!Domain.Tenant.IsId(Tenant))
            yield return $"{nameof(Tenant)} must be {Domain.Tenant.IdRule}";
        if (EmailAddress.Normalise(Email) is null)
            yield return $"{nameof(Email)} must be the first administrator's e-mail address.";
        if (PasswordRule.Problem(Password, Email) is { } problem)
            yield return $"{nameof(Password)} {problem}";
    }
}
