using Grpc.Core;
using Microsoft.IdentityModel.Tokens;
using Relais.Contracts.Identity.V1;

namespace Relais.Common.Security;

/// <summary>Identity's public keys over gRPC, kept for ten minutes and asked for again when a token names another.</summary>
internal sealed class RemoteKeys(Identity.IdentityClient identity, TimeProvider clock) : IVerificationKeys, IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    // Identity being away must not cost every call a try.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    // Tokens with made-up key ids must not become a stream of calls to identity.
    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim one = new(1, 1);
    private IReadOnlyList<SecurityKey> keys = [];
    private DateTimeOffset askedAt = DateTimeOffset.MinValue;

    public async ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        if (IsFresh(refresh))
            return keys;
        await one.WaitAsync(cancellationToken);
        try
        {
            if (IsFresh(refresh))
                return keys;
            var set = await identity.GetKeySetAsync(new GetKeySetRequest(), cancellationToken: cancellationToken);
            keys = [.. set.Keys.Select(key => new JsonWebKey { Kty = key.Kty, Crv = key.Crv, Kid = key.Kid, Alg = key.Alg, Use = key.Use, X = key.X, Y = key.Y })];
            askedAt = clock.GetUtcNow();
            return keys;
        }
        catch (RpcException) when (!refresh && keys.Count > 0)
        {
            // Identity is away. What it said last still verifies every token that was signed before.
            askedAt = clock.GetUtcNow() - Kept + Pause;
            return keys;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private bool IsFresh(bool refresh) => clock.GetUtcNow() - askedAt < (refresh ? ShortestRefresh : Kept);
}
