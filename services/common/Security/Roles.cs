namespace Relais.Common.Security;

/// <summary>Roles are sets of permissions; a token carries roles, the service expands them here.</summary>
public static class Roles
{
    public const string Administrator = "administrator";
    public const string Agent = "agent";
    public const string Analyst = "analyst";
    public const string CommunityManager = "community_manager";
    public const string Customer = "customer";
    public const string Expert = "expert";
    public const string Moderator = "moderator";
    public const string Partner = "partner";
    public const string Service = "service";
    public const string Supervisor = "supervisor";

    private static readonly string[] Reading =
        ["articles.read", "conversations.list", "conversations.read", "customers.read", "experts.read", "sessions.own", "staff.read", "tickets.read"];

    private static readonly string[] Working = [.. Reading, "experts.presence", "offers.own", "tickets.reply", "tickets.resolve"];

    private static readonly string[] Writing = ["articles.read", "articles.write", "articles.publish"];

    private static readonly string[] Steering = [.. Reading, "figures.read", "policies.read", "queues.read", "surveys.read"];

    private static readonly string[] Supervising = ["policies.manage", "queues.assign", "queues.manage", "queues.pull", "queues.read", "skills.manage"];

    private static readonly Dictionary<string, HashSet<string>> Table = new(StringComparer.Ordinal)
    {
        [Administrator] = [.. Working, .. Writing, .. Steering, "canned_replies.write", "clients.write", "customers.write", "dead_letters.manage", "experts.manage", "keys.rotate", .. Supervising, "staff.write", "tenants.write"],
        [Agent] = [.. Working, .. Writing, "queues.pull"],
        [Analyst] = [.. Steering],
        [CommunityManager] = [.. Reading, .. Writing],
        [Customer] = ["conversations.read", "conversations.write"],
        [Expert] = [.. Working, "articles.write", "queues.pull"],
        [Moderator] = [.. Reading],
        // A partner's client has only the scopes it was registered with, out of these.
        [Partner] = ["articles.read", "conversations.list", "conversations.read", "customers.read", "experts.manage", "experts.read", "figures.read", "policies.read", "queues.read", "skills.manage", "surveys.read", "tickets.read"],
        [Service] = ["internal.customers", "internal.shards", "internal.tenants"],
        [Supervisor] = [.. Working, .. Steering, "canned_replies.write", "customers.write", "experts.manage", .. Supervising],
    };

    /// <summary>The roles that a member of staff can have.</summary>
    public static IReadOnlyList<string> OfStaff { get; } =
        [Agent, Expert, CommunityManager, Moderator, Supervisor, Analyst, Administrator];

    /// <summary>The scopes that a partner's client can have.</summary>
    public static IReadOnlySet<string> Scopes => All[Partner];

    /// <summary>Every role with its permissions.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> All { get; } =
        Table.ToDictionary(entry => entry.Key, entry => (IReadOnlySet<string>)entry.Value, StringComparer.Ordinal);

    /// <summary>What somebody with these roles may do; a role that does not exist adds nothing.</summary>
    public static IReadOnlySet<string> PermissionsOf(IEnumerable<string> roles) =>
        roles.Where(Table.ContainsKey).SelectMany(role => Table[role]).ToHashSet(StringComparer.Ordinal);
}
