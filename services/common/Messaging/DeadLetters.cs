using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>Where an event was given up.</summary>
internal enum DeadLetterPlace
{
    /// <summary>On its way out: the process-local dispatcher's subscribers kept failing.</summary>
    Outbox,

    /// <summary>On its way in: it is in the target's dead-letter queue.</summary>
    Queue,
}

/// <summary>An event that was given up, until an operator has it delivered again or throws it away.</summary>
/// <param name="Consumers">Those that failed, as far as is known.</param>
internal sealed record DeadLetter(
    DeadLetterPlace Place, EventEnvelope Envelope, string Error, IReadOnlyList<string> Consumers, int Attempts, DateTimeOffset? GivenUpAt)
{
    /// <summary>It is no event of Relais: its envelope holds what could be made out, and no time.</summary>
    public bool IsUnreadable { get; init; }
}

/// <summary>Whose dead letters are dealt with.</summary>
/// <param name="IsOperator">The tenant runs the platform, so that what cannot be read, and is nobody's, is its matter too.</param>
internal sealed record DeadLetterOwner(string TenantId, bool IsOperator)
{
    public bool Has(DeadLetter letter) => letter.IsUnreadable ? IsOperator : letter.Envelope.TenantId == TenantId;
}

/// <summary>The dead letters of one place of a target.</summary>
internal interface IDeadLetterStore
{
    /// <summary>An owner's, oldest first, those that cannot be read behind the others, at most <paramref name="most"/>.</summary>
    Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterOwner owner, int most, CancellationToken cancellationToken);

    /// <summary>Has an owner's events delivered again: those named, or all where none is.</summary>
    /// <returns>How many.</returns>
    Task<int> ReplayAsync(DeadLetterOwner owner, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>Throws an owner's dead letters away: those named, and all that cannot be read where that is asked for.</summary>
    /// <returns>How many.</returns>
    Task<int> DiscardAsync(DeadLetterOwner owner, IReadOnlyCollection<Guid> ids, bool unreadable, CancellationToken cancellationToken);
}

/// <summary>Rows of the outbox that the relay has given up.</summary>
internal sealed class OutboxDeadLetters<TDb>(IServiceProvider services, WriteGate gate) : IDeadLetterStore
    where TDb : ServiceDb
{
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterOwner owner, int most, CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<TDb>();
        db.TenantId = owner.TenantId;
        var rows = await db.Outbox.AsNoTracking().Where(row => row.DeadAt != null).OrderBy(row => row.Position).Take(most).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new DeadLetter(DeadLetterPlace.Outbox, row.ToEnvelope(), row.LastError ?? "", [], row.Attempts, row.DeadAt))];
    }

    public async Task<int> ReplayAsync(DeadLetterOwner owner, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        using var turn = await gate.EnterAsync(cancellationToken);
        await using var db = services.CreateUnscoped<TDb>();
        db.TenantId = owner.TenantId;
        var dead = db.Outbox.Where(row => row.DeadAt != null);
        if (ids.Count > 0)
            dead = dead.Where(row => ids.Contains(row.Id));
        // Without an owner it goes to the next relay that looks.
        return await dead.ExecuteUpdateAsync(row => row
            .SetProperty(r => r.DeadAt, (DateTimeOffset?)null)
            .SetProperty(r => r.Attempts, 0)
            .SetProperty(r => r.Owner, (Guid?)null), cancellationToken);
    }

    // What the service has written itself can all be read.
    public async Task<int> DiscardAsync(DeadLetterOwner owner, IReadOnlyCollection<Guid> ids, bool unreadable, CancellationToken cancellationToken)
    {
        using var turn = await gate.EnterAsync(cancellationToken);
        await using var db = services.CreateUnscoped<TDb>();
        db.TenantId = owner.TenantId;
        return await db.Outbox.Where(row => row.DeadAt != null && ids.Contains(row.Id)).ExecuteDeleteAsync(cancellationToken);
    }
}
