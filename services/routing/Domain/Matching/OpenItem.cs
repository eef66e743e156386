namespace Relais.Routing.Domain.Matching;

/// <summary>A matter that is open, as the engine keeps it: where it waits, its live offer, and an alarm for its next change.</summary>
internal sealed class OpenItem(WorkItem item) : Alarm
{
    public WorkItem Item { get; } = item;

    /// <summary>The original opening, in UTC ticks.</summary>
    public long Since { get; } = item.Request.AgedSince.UtcTicks;

    /// <summary>Null while it does not wait.</summary>
    public Bucket? Bucket { get; set; }

    /// <summary>Whether the bucket has it in <see cref="Matching.Bucket.Singular"/>.</summary>
    public bool IsAmongSingular { get; set; }

    /// <summary>Where it waits while it asks for what it asked for last, with the steps and the beginning of the wait of then.</summary>
    public (WorkQueue Queue, int RelaxedSteps, DateTimeOffset WaitingSince)? Known { get; set; }

    public LiveOffer? Offer { get; set; }

    /// <summary>Who holds it, when routing knows them.</summary>
    public ExpertEntry? Holder { get; set; }

    /// <summary>Waits, but may not be offered to anybody for now.</summary>
    public bool IsParked { get; set; }

    /// <summary>From when on those who declined may be asked again; null when they may not, or nobody did.</summary>
    public DateTimeOffset? AsksAgainAt { get; set; }

    /// <summary>What makes routing look for an expert during this turn; null when nothing does.</summary>
    public string? ToPlace { get; set; }

    /// <summary>The turn whose changes mention this item already.</summary>
    public int ChangedIn { get; set; }

    /// <summary>Whether single experts count for this item: who refused it, who missed it, who should have it.</summary>
    public bool IsSingular => Item.PreferredExpert is not null || Item.IsRefused;

    public bool IsOlderThan(OpenItem other) => Since != other.Since ? Since < other.Since : Item.Id.CompareTo(other.Item.Id) < 0;
}

/// <summary>An offer that waits for its answer, with an alarm for its end.</summary>
internal sealed class LiveOffer(Offer offer, OpenItem item, ExpertEntry expert) : Alarm
{
    public Offer Offer { get; } = offer;

    public OpenItem Item { get; } = item;

    public ExpertEntry Expert { get; } = expert;
}
