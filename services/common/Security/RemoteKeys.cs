using Microsoft.IdentityModel.Tokens;
using Relais.Contracts.Identity.V1;

namespace Relais.Common.Security;

/// <summary>Identity's public keys over gRPC, kept for ten minutes.</summary>
internal sealed class RemoteKeys(Identity.IdentityClient identity) : IVerificationKeys, IDisposable
{
    private readonly KeptCopy<IReadOnlyList<SecurityKey>> keys = new(
        async ct => [.. (await identity.GetKeySetAsync(new GetKeySetRequest(), cancellationToken: ct)).Keys.Select(key =>
            new JsonWebKey { Kty = key.Kty, Crv = key.Crv, Kid = key.Kid, Alg = key.Alg, Use = key.Use, X = key.X, Y = key.Y })],
        TimeSpan.FromMinutes(10));

    public ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken) =>
        refresh ? keys.AfterMissAsync(cancellationToken) : keys.GetAsync(cancellationToken);

    public void Dispose() => keys.Dispose();
}
