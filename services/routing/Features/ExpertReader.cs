using System.Buffers.Binary;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Coordination;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Routing.Data;
using Relais.Routing.Shards;

namespace Relais.Routing.Features;

/// <summary>Finds the expert that a request names, and says whose it may be.</summary>
internal sealed class ExpertReader(RoutingDb db, CallerContext caller, LongPoll poll, TimeProvider clock)
{
    /// <summary>What lets a caller act on other experts than themself.</summary>
    public const string Manage = "experts.manage";

    // Identity tells of new staff by an event. Whoever adds a member and sets their skills at once, or signs in at once,
    // may be a moment ahead of it.
    private static readonly TimeSpan MirrorDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan NewStaff = TimeSpan.FromMinutes(1);

    /// <summary>The id of an expert whom the caller may read: <c>me</c>, or any.</summary>
    public Outcome<Guid> IdOf(string id) => caller.ResolveMe(id, "id");

    /// <summary>The id of an expert on whom the caller may act: themself, or any for who manages experts.</summary>
    public Outcome<Guid> OwnOrManaged(string id, string field)
    {
        var resolved = caller.ResolveMe(id, field);
        return resolved.Failure is null && resolved.Value != caller.Caller.SubjectId && !caller.Caller.May(Manage)
            ? Failure.Denied("permission.denied", $"Acting for another expert needs the permission {Manage}. Use 'me' for yourself.")
            : resolved;
    }

    /// <summary>The expert, for reading; one who has just joined may take a moment to arrive.</summary>
    public async Task<Outcome<ExpertRow>> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        var row = await poll.ReadAsync(
            Topics.Expert(id), HasJustJoined(id) ? MirrorDelay : TimeSpan.Zero,
            ct => db.Experts.AsNoTracking().Include(expert => expert.Skills).FirstOrDefaultAsync(expert => expert.Id == id, ct),
            found => found is not null, cancellationToken);
        return row is not null ? row : Unknown(id);
    }

    /// <summary>Null when there is such an active expert.</summary>
    public async Task<Failure?> MissingAsync(Guid id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, cancellationToken);
        return found.Failure ?? (found.Value.Active ? null : Unknown(id));
    }

    public Failure Unknown(Guid id) => id == caller.Caller.SubjectId
        ? Failure.NotFound("expert.not_found", "You are not an expert: an administrator can give you the role expert or agent.")
        : Failure.NotFound("expert.not_found", $"There is no expert {id}. GET /v1/experts lists them.");

    // The first 48 bits of a UUIDv7 are the milliseconds since 1970 at which it was made (RFC 9562, 5.7).
    private bool HasJustJoined(Guid id)
    {
        if (id.Version != 7)
            return false;
        var bytes = id.ToByteArray(bigEndian: true);
        var made = DateTimeOffset.UnixEpoch.AddMilliseconds(((long)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(4)));
        return (clock.GetUtcNow() - made).Duration() < NewStaff;
    }
}
