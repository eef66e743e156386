using Relais.Common.Failures;

namespace Relais.Common.Security;

public enum CallerKind
{
    /// <summary>Nobody signed in; only methods with the permission <c>public</c>.</summary>
    Anonymous,
    Staff,

    /// <summary>A partner's program.</summary>
    Client,

    /// <summary>A customer in one conversation.</summary>
    Customer,

    /// <summary>Another service of the platform.</summary>
    Service,
}

/// <summary>Who calls, for which tenant, and what they may do.</summary>
/// <param name="SubjectId">The staff member, client or customer; empty for anonymous callers and services.</param>
/// <param name="ConversationId">The one conversation that a customer's token serves.</param>
public sealed record Caller(
    CallerKind Kind, string TenantId, Guid SubjectId, string Name, IReadOnlySet<string> Permissions, Guid? ConversationId = null)
{
    private static readonly HashSet<string> None = [];

    public static Caller Anonymous(string tenantId) => new(CallerKind.Anonymous, tenantId, Guid.Empty, "", None);

    /// <summary>The platform itself, at work for a tenant.</summary>
    public static Caller Service(string tenantId, string name) =>
        new(CallerKind.Service, tenantId, Guid.Empty, name, Roles.PermissionsOf([Roles.Service]));

    public bool May(string permission) => Permissions.Contains(permission);
}

/// <summary>The caller of the current scope: a gRPC call, or the delivery of an event.</summary>
public sealed class CallerContext
{
    private Caller? caller;

    /// <exception cref="InvalidOperationException">Nothing has said who calls.</exception>
    public Caller Caller
    {
        get => caller ?? throw new InvalidOperationException("This scope has no caller.");
        set => caller = value;
    }

    /// <summary>The tenant whose rows this scope sees; null before the caller is known, which sees none.</summary>
    public string? TenantId => caller?.TenantId;

    /// <summary>The caller's own id for <c>me</c>, else the id that was named.</summary>
    public Outcome<Guid> ResolveMe(string id, string field) => id is "me" or ""
        ? Caller.Kind == CallerKind.Staff
            ? Caller.SubjectId
            : Failure.Invalid("request.no_me", $"'me' stands for a member of staff who is signed in. Name an id in {field}.", new FieldViolation(field, "'me' needs a staff token."))
        : Guid.TryParse(id, out var named)
            ? named
            : Failure.Invalid("request.invalid", $"'{id}' is not an id (a UUID) nor 'me'.", new FieldViolation(field, "is not an id."));
}
