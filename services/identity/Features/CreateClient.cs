using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>Registers a partner's program with scopes out of those that a partner can have.</summary>
internal sealed class CreateClient(IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, SecretBox box, AuditLog audit, TimeProvider clock)
{
    public async Task<Outcome<Proto.CreateClientResponse>> HandleAsync(Proto.CreateClientRequest request, CancellationToken cancellationToken)
    {
        var check = new Check()
            .Text(request.DisplayName, "displayName", 200)
            .That(request.Scopes.Count is > 0 and <= 100, "scopes", "must have at least one scope, and at most 100.");
        for (var position = 0; position < request.Scopes.Count && position < 100; position++)
            check.That(MachineClient.KnownScopes.Contains(request.Scopes[position], StringComparer.Ordinal), $"scopes[{position}]", $"is none of {string.Join(", ", MachineClient.KnownScopes)}.");
        if (check.Failure is { } failure)
            return failure;

        // Stored answers are in clear, so the secret joins the answer afterwards: derived from the client's id, it is the
        // same for a repeated request.
        var created = await unit.OnceAsync<Proto.CreateClientResponse>(request.RequestId, request, ct =>
        {
            var now = clock.GetUtcNow();
            var id = Guid.CreateVersion7(now);
            var client = new MachineClient
            {
                Id = id,
                TenantId = caller.Caller.TenantId,
                DisplayName = request.DisplayName.Trim(),
                SecretHash = MachineClient.HashOf(SecretOf(MachineClient.ClientIdOf(caller.Caller.TenantId, id))),
                Scopes = [.. request.Scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                CreatedAt = now,
            };
            db.Clients.Add(client);
            unit.AfterCommit(() => audit.ClientRegistered(client.ClientId, string.Join(' ', client.Scopes), caller.Caller.SubjectId));
            return Task.FromResult<Outcome<Proto.CreateClientResponse>>(new Proto.CreateClientResponse { Client = client.ToProto() });
        }, cancellationToken);
        return created.Then(response => new Proto.CreateClientResponse(response) { ClientSecret = SecretOf(response.Client.ClientId) });
    }

    private string SecretOf(string clientId) => box.Derive($"client/{clientId}");
}
