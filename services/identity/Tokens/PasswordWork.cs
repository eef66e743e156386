using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Relais.Identity.Domain;

namespace Relais.Identity.Tokens;

/// <summary>Hashes and checks passwords: tens of milliseconds of work each, for as many at once as there are processors.</summary>
internal sealed class PasswordWork : IDisposable
{
    private readonly PasswordHasher<StaffMember> hasher;
    private readonly SemaphoreSlim slots = new(Environment.ProcessorCount, Environment.ProcessorCount);

    // What the password of an account that does not exist is checked against, so that it takes as long as any other.
    private readonly Lazy<string> nobodys;

    public PasswordWork(IdentityOptions options)
    {
        hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordIterations }));
        nobodys = new(() => hasher.HashPassword(null!, Guid.NewGuid().ToString()));
    }

    public async Task<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        try
        {
            return hasher.HashPassword(null!, password);
        }
        finally
        {
            slots.Release();
        }
    }

    /// <param name="hash">The stored hash; null when there is no such account, which takes as long and fails.</param>
    public async Task<PasswordVerificationResult> CheckAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        try
        {
            var result = hasher.VerifyHashedPassword(null!, hash ?? nobodys.Value, password);
            return hash is null ? PasswordVerificationResult.Failed : result;
        }
        finally
        {
            slots.Release();
        }
    }

    public void Dispose() => slots.Dispose();
}
