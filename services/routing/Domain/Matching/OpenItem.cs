namespace Relais.Routing.Domain.Matching;

/// <summary>A matter that is open, as the engine keeps it: where it waits, its live offer, and an alarm for its next change.</summary>
internal sealed class OpenItem(WorkItem item) : Alarm
{
    public WorkItem Item { get; } = item;

    /// <summary>Null while it does not wait.</summary>
    public Bucket? Bucket { get; set; }

    public int IndexInBucket { get; set; } = -1;

    public LiveOffer? Offer { get; set; }

    /// <summary>What makes routing look for an expert during this turn; null when nothing does.</summary>
    public string? ToPlace { get; set; }

    /// <summary>The turn whose changes mention this item already.</summary>
    public int ChangedIn { get; set; }

    /// <summary>Whether single experts count for this item: who refused it, who missed it, who should have it.</summary>
    public bool IsSingular => Item.DeclinedBy.Count > 0 || Item.MissedBy.Count > 0 || Item.PreferredExpert is not null;

    public bool IsOlderThan(OpenItem other)
    {
        var ages = Item.Request.QueuedSince.CompareTo(other.Item.Request.QueuedSince);
        return ages != 0 ? ages < 0 : Item.Id.CompareTo(other.Item.Id) < 0;
    }
}

/// <summary>An offer that waits for its answer, with an alarm for its end.</summary>
internal sealed class LiveOffer(Offer offer, OpenItem item, ExpertEntry expert) : Alarm
{
    public Offer Offer { get; } = offer;

    public OpenItem Item { get; } = item;

    public ExpertEntry Expert { get; } = expert;
}
