using Relais.Common.Data;

namespace Relais.Identity.Domain;

/// <summary>Somebody who turned to a tenant, known by how they can be reached.</summary>
internal sealed class Customer : ITenantOwned, IVersioned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public required string DisplayName { get; set; }

    public required string Locale { get; set; }

    public CustomerTier Tier { get; set; }

    /// <summary>The conversation in which they appeared first: repeated, its opening finds them again.</summary>
    public required Guid FirstConversationId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public int Revision { get; set; }

    public List<CustomerContactPoint> ContactPoints { get; init; } = [];

    /// <summary>Learns what was not known: a name and a language where there was none, and contact points that nobody has.</summary>
    /// <returns>Whether there was anything to learn.</returns>
    public bool Learn(string displayName, string locale, IEnumerable<(string Kind, string Address)> unclaimed)
    {
        var learned = false;
        if (DisplayName.Length == 0 && displayName.Length > 0)
        {
            DisplayName = displayName;
            learned = true;
        }

        if (Locale.Length == 0 && locale.Length > 0)
        {
            Locale = locale;
            learned = true;
        }

        foreach (var (kind, address) in unclaimed)
        {
            ContactPoints.Add(new CustomerContactPoint { Kind = kind, Address = address, CustomerId = Id });
            learned = true;
        }

        return learned;
    }
}

/// <summary>How much a customer's time counts.</summary>
internal enum CustomerTier
{
    Standard,
    Gold,
    Vip,
}

/// <summary>An address of a customer; in a tenant it belongs to one customer.</summary>
internal sealed class CustomerContactPoint : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required string Kind { get; init; }

    /// <summary>As <see cref="ContactAddress.Normalise"/> gives it.</summary>
    public required string Address { get; init; }

    public required Guid CustomerId { get; init; }
}
