using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;
using Relais.Routing.Domain;

namespace Relais.Routing.Data;

/// <summary>A matter: waiting, offered, in hand, or closed and kept for a reopening.</summary>
internal sealed class WorkItemRow : ITenantOwned, IVersioned
{
    /// <summary>The ticket.</summary>
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required string Number { get; init; }

    public required string Subject { get; init; }

    public required string Channel { get; init; }

    public required string Language { get; init; }

    public required Priority Priority { get; init; }

    public required CustomerTier Tier { get; init; }

    /// <summary>In parts of <see cref="Capacity.PartsPerWhole"/>.</summary>
    public required int WeightParts { get; init; }

    public required IReadOnlyList<SkillRequirement> Skills { get; init; }

    public required DateTimeOffset QueuedSince { get; init; }

    /// <summary>The trace of the matter (W3C traceparent); null where it has none.</summary>
    public string? TraceParent { get; init; }

    public DateTimeOffset WaitingSince { get; set; }

    public DateTimeOffset DueAt { get; set; }

    public Guid? PreferredExpertId { get; set; }

    public IReadOnlyList<Guid> DeclinedBy { get; set; } = [];

    public IReadOnlyDictionary<Guid, int> MissedBy { get; set; } = new Dictionary<Guid, int>();

    public int RelaxedSteps { get; set; }

    public ItemState State { get; set; }

    /// <summary>When it was settled; null while it is open.</summary>
    public DateTimeOffset? ClosedAt { get; set; }

    /// <summary>The one expert to whom it is offered or who has it.</summary>
    public Guid? HolderId { get; set; }

    /// <summary>Who has the ticket as tickets told last; null while nobody has.</summary>
    public Guid? AssignedExpertId { get; set; }

    public static WorkItemRow Of(WorkItem item) => new()
    {
        Id = item.Id,
        Number = item.Request.Number,
        Subject = item.Request.Subject,
        Channel = item.Request.Channel,
        Language = item.Request.Language,
        Priority = item.Request.Priority,
        Tier = item.Request.Tier,
        WeightParts = item.Request.Weight.Parts,
        Skills = item.Request.Asked ?? item.Request.Skills,
        QueuedSince = item.Request.QueuedSince,
        TraceParent = item.Request.TraceParent,
    };

    /// <summary>What the matter itself asks for; <see cref="RoutingBook.Compose"/> adds what its policy and team do.</summary>
    public WorkRequest ToRequest() => new(
        Id, Number, Subject, Channel, Language, Priority, new Capacity(WeightParts), Skills, QueuedSince)
    {
        Tier = Tier, TraceParent = TraceParent,
    };

    public WorkItem ToItem(RoutingBook book)
    {
        var item = new WorkItem(book.Compose(ToRequest()), DueAt, WaitingSince)
        {
            PreferredExpert = PreferredExpertId,
            DeclinedBy = [.. DeclinedBy],
            MissedBy = new Dictionary<Guid, int>(MissedBy),
            RelaxedSteps = RelaxedSteps,
        };
        if (HolderId is { } holder && State == ItemState.Offered)
            item.Offer(holder);
        if (HolderId is { } assigned && State == ItemState.Assigned)
            item.Assign(assigned);
        return item;
    }

    /// <summary>The same matter, waiting again.</summary>
    public WorkItem Reopened(RoutingBook book, Guid? preferred, DateTimeOffset dueAt, DateTimeOffset at) =>
        new(book.Compose(ToRequest()), dueAt, at) { PreferredExpert = preferred, DeclinedBy = [.. DeclinedBy] };

    /// <summary>What <see cref="Take"/> sets, but for <see cref="AssignedExpertId"/>.</summary>
    public static IReadOnlyList<string> Changing { get; } =
    [
        nameof(WaitingSince), nameof(DueAt), nameof(PreferredExpertId), nameof(DeclinedBy), nameof(MissedBy), nameof(RelaxedSteps), nameof(State), nameof(HolderId), nameof(ClosedAt),
    ];

    public void Take(WorkItem item, DateTimeOffset at)
    {
        if ((item.State == ItemState.Closed) != (State == ItemState.Closed))
            ClosedAt = item.State == ItemState.Closed ? at : null;
        (WaitingSince, DueAt, PreferredExpertId) = (item.WaitingSince, item.DueAt, item.PreferredExpert);
        DeclinedBy = [.. item.DeclinedBy.Order()];
        MissedBy = new SortedDictionary<Guid, int>(item.MissedBy);
        (RelaxedSteps, State, HolderId) = (item.RelaxedSteps, item.State, item.Holder);
        if (State != ItemState.Assigned)
            AssignedExpertId = null;
    }

    internal static void Configure(EntityTypeBuilder<WorkItemRow> entity)
    {
        entity.ToTable("work_items");
        entity.HasKey(row => row.Id);
        // Neither names the state: from its offer to the acceptance no index of a matter changes.
        entity.HasIndex(row => row.TenantId).HasDatabaseName("ix_work_items_open").HasFilter("\"ClosedAt\" IS NULL");
        entity.HasIndex(row => new { row.TenantId, row.HolderId }).HasDatabaseName("ix_work_items_held").HasFilter("\"HolderId\" IS NOT NULL");
        entity.HasIndex(row => new { row.TenantId, row.Number });
        entity.HasIndex(row => new { row.TenantId, row.QueuedSince });
        entity.Property(row => row.Number).HasMaxLength(32);
        entity.Property(row => row.TraceParent).HasMaxLength(60);
        entity.Property(row => row.Channel).HasMaxLength(64);
        entity.Property(row => row.Language).HasMaxLength(35);
        // Of matters from before it was kept, and of those that the version before writes while a new one is rolled out.
        entity.Property(row => row.Tier).HasDefaultValue(CustomerTier.Standard).HasSentinel(CustomerTier.Standard);
    }
}

/// <summary>An offer and what became of it.</summary>
internal sealed class OfferRow : ITenantOwned, IVersioned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required Guid ItemId { get; init; }

    /// <summary>
    /// The item while this offer, or the assignment that came of it, lives; else null. A unique index on it keeps an item
    /// from having two.
    /// </summary>
    public Guid? LiveItemId { get; set; }

    public required Guid ExpertId { get; init; }

    public required Guid DecisionId { get; init; }

    public OfferState State { get; set; } = OfferState.Offered;

    public required DateTimeOffset OfferedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? SettledAt { get; set; }

    /// <summary>Of a decline, in the expert's words; of a rescission, a code.</summary>
    public string Reason { get; set; } = "";

    /// <summary>What changes when it is settled.</summary>
    public static IReadOnlyList<string> Changing { get; } = [nameof(State), nameof(Reason), nameof(SettledAt), nameof(LiveItemId)];

    public static OfferRow Of(Offer offer, Guid decision) => new()
    {
        Id = offer.Id,
        ItemId = offer.ItemId,
        ExpertId = offer.ExpertId,
        DecisionId = decision,
        OfferedAt = offer.OfferedAt,
        ExpiresAt = offer.ExpiresAt,
    };

    /// <summary>Whether it, or the assignment that came of it, goes on, its item being in that state with that holder.</summary>
    public bool Lives(ItemState item, Guid? holder) => State == OfferState.Offered || (State == OfferState.Accepted && item == ItemState.Assigned && holder == ExpertId);

    public Offer ToOffer() => new(Id, ItemId, ExpertId, OfferedAt, ExpiresAt);

    internal static void Configure(EntityTypeBuilder<OfferRow> entity)
    {
        entity.ToTable("offers");
        entity.HasKey(row => row.Id);
        entity.HasIndex(row => new { row.TenantId, row.LiveItemId }).IsUnique();
        entity.HasIndex(row => new { row.TenantId, row.OfferedAt });
        entity.HasIndex(row => new { row.TenantId, row.ExpertId }).HasDatabaseName("ix_offers_live").HasFilter("\"LiveItemId\" IS NOT NULL");
    }
}

/// <summary>Why an item went where it went, or waits.</summary>
internal sealed class DecisionRow : ITenantOwned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public required Guid ItemId { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The place among decisions of the same moment.</summary>
    public required int Ordinal { get; init; }

    public required Decision Decision { get; init; }

    internal static void Configure(EntityTypeBuilder<DecisionRow> entity)
    {
        entity.ToTable("decisions");
        entity.HasKey(row => row.Id);
        entity.HasIndex(row => new { row.TenantId, row.ItemId, row.At });
        entity.HasIndex(row => row.At);
    }
}
