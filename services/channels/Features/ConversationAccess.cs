using Relais.Channels.Domain;
using Relais.Common.Failures;
using Relais.Common.Security;

namespace Relais.Channels.Features;

/// <summary>
/// Which conversations a caller may touch: customers their own one, staff and partners every one of their tenant. The
/// permission was checked before; that of another customer is answered like one that does not exist.
/// </summary>
internal static class ConversationAccess
{
    /// <summary>The conversation that a customer named, where it is theirs.</summary>
    public static Outcome<Guid> Own(this Caller caller, string id) =>
        caller.Kind == CallerKind.Customer && Guid.TryParse(id, out var named) && caller.ConversationId == named
            ? named
            : ConversationFailures.NotFound;

    /// <summary>The conversation to read.</summary>
    public static Outcome<Guid> Readable(this Caller caller, string id)
    {
        if (caller.Kind == CallerKind.Customer)
            return caller.Own(id);
        return Guid.TryParse(id, out var named) ? named : ConversationFailures.NotFound;
    }
}
