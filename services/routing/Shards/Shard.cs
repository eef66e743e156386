using Microsoft.EntityFrameworkCore;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Security;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Features;

namespace Relais.Routing.Shards;

/// <summary>The way to a tenant's engine: alone, and in one transaction with what it decides.</summary>
internal sealed class Shard(
    RoutingDb db, UnitOfWork<RoutingDb> unit, ShardTable table, ShardGroups groups, ShardOwnership ownership, ISignals signals, CallerContext caller, Audit audit)
{
    private string Tenant => caller.TenantId ?? throw new InvalidOperationException("This scope has no tenant.");

    /// <summary>
    /// Runs <paramref name="work"/>, which is one write of the unit of work, as the only writer of the caller's tenant.
    /// When the write does not commit, memory is forgotten and read from the database at the next use.
    /// </summary>
    /// <exception cref="ShardElsewhereException">Another replica decides for the tenant.</exception>
    public async Task<T> AloneAsync<T>(Func<ShardTurn, Task<T>> work, CancellationToken cancellationToken)
    {
        var slot = await table.EnterAsync(Tenant, cancellationToken);
        var turn = new ShardTurn(slot, db, unit, table.Policy, ownership, signals, audit);
        try
        {
            return await work(turn);
        }
        catch (LeaseLostException)
        {
            // This replica was deposed without noticing, and has written nothing since.
            db.ChangeTracker.Clear();
            throw new ShardElsewhereException(slot.Tenant, owner: null);
        }
        finally
        {
            slot.Leave(turn.IsClean);
        }
    }

    /// <inheritdoc cref="AloneAsync{T}"/>
    public Task AloneAsync(Func<ShardTurn, Task> work, CancellationToken cancellationToken) => AloneAsync(async turn =>
    {
        await work(turn);
        return true;
    }, cancellationToken);

    /// <summary>Has the engine decide on an input together with others that wait for their turn, in one transaction.</summary>
    /// <returns>Whether it is done; if not, nothing of it is, and it has to be done alone.</returns>
    /// <exception cref="ShardElsewhereException">Another replica decides for the tenant.</exception>
    public Task<bool> TogetherAsync(GroupedInput input, CancellationToken cancellationToken) => groups.RunAsync(table.Of(Tenant), input, cancellationToken);
}

/// <summary>A writer's turn at a tenant's engine.</summary>
internal sealed class ShardTurn(
    ShardSlot slot, RoutingDb db, UnitOfWork<RoutingDb> unit, RoutingPolicy policy, ShardOwnership ownership, ISignals signals, Audit audit)
{
    private Reaction? _restored;
    private Guid _transaction;

    /// <summary>Whether memory holds nothing that the database does not.</summary>
    public bool IsClean { get; private set; } = true;

    /// <inheritdoc cref="ShardSlot.Now"/>
    public DateTimeOffset Now => slot.Now;

    /// <summary>A time as fine as the databases store it.</summary>
    public static DateTimeOffset Stored(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));

    /// <summary>The tenant's engine, inside the transaction; for questions only.</summary>
    public async Task<MatchingEngine> EngineAsync(CancellationToken cancellationToken)
    {
        // A second transaction means that the first one failed: what it changed in memory never happened.
        var transaction = db.Database.CurrentTransaction?.TransactionId ?? throw new InvalidOperationException("There is no transaction.");
        if (transaction != _transaction)
        {
            await ownership.GuardAsync(db, slot, cancellationToken);
            if (!IsClean)
                slot.Forget();
        }

        _transaction = transaction;
        if (slot.Engine is not { } engine)
        {
            IsClean = false;
            (engine, _restored) = await ShardReader.ReadAsync(db, policy, Now, slot.IdleShare, cancellationToken);
            slot.Keep(engine);
        }

        return engine;
    }

    /// <summary>Has the engine decide and saves what it changed with this transaction; once in each.</summary>
    public async Task<Reaction> ApplyAsync(Input input, CancellationToken cancellationToken)
    {
        var engine = await EngineAsync(cancellationToken);
        IsClean = false;
        if (input is Input.ProfileSet set)
            input = set with { Profile = engine.Policy.Book.Qualify(set.Profile, set.At) };
        var applied = engine.Apply(input);
        var reaction = applied with { Changes = [.. _restored?.Changes ?? [], .. applied.Changes] };
        _restored = null;
        unit.AfterCommit(() =>
        {
            IsClean = true;
            slot.Note(reaction);
            RoutingTelemetry.Decided(reaction);
        });
        await ReactionWriter.WriteAsync(db, reaction, cancellationToken);
        foreach (var offer in reaction.Changes.OfType<Change.OfferMade>().Select(made => made.Offer))
            unit.AfterCommit(() => signals.Raise(Topics.OffersOf(offer.ExpertId)));
        if (TeamLead.Missing(engine, Now) is { Count: > 0 } teams)
            await DissolveAsync([.. teams.Select(team => team.Id)], cancellationToken);
        return reaction;
    }

    /// <summary>Has what was written down about routing, and was saved in this transaction, count from now on; in place of <see cref="ApplyAsync"/> or after it.</summary>
    public async Task<Reaction> RenewAsync(CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        var before = await EngineAsync(cancellationToken);
        slot.Forget();
        var after = await EngineAsync(cancellationToken);
        _restored = _restored! with { Changes = [.. _restored.Changes, .. Parked(before, after)] };
        return await ApplyAsync(new Input.TimePassed(Now), cancellationToken);
    }

    private async Task DissolveAsync(List<Guid> teams, CancellationToken cancellationToken)
    {
        foreach (var row in await db.Teams.Where(team => teams.Contains(team.Id)).ToListAsync(cancellationToken))
        {
            row.DissolvedAt = Now;
            audit.Note(Now, Audit.TeamDissolved, row.Name);
        }

        await RenewAsync(cancellationToken);
    }

    /// <summary>That nobody is offered any longer what waited before. An engine that is read takes what is parked for told.</summary>
    private List<Change> Parked(MatchingEngine before, MatchingEngine after)
    {
        var (now, told) = (Now, new List<Change>());
        foreach (var item in after.OpenItems.Where(item => item.State == ItemState.Waiting && after.Policy.For(item).ParkedUntil(item, now) is not null))
        {
            if (before.FindItem(item.Id) is { State: ItemState.Waiting } known && before.Policy.For(known).ParkedUntil(known, now) is null && after.Explain(item.Id) is { } decision)
                told.Add(new Change.Waits(item, decision with { Id = Guid.CreateVersion7(now) }));
        }

        return told;
    }
}

/// <summary>Signals of this service.</summary>
internal static class Topics
{
    public static string OffersOf(Guid expert) => $"offers/{expert}";

    public static string AssignmentOf(Guid ticket) => $"assignment/{ticket}";

    public static string Expert(Guid expert) => $"expert/{expert}";
}
