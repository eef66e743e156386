namespace Relais.Channels.Connectors;

/// <summary>The channels there are.</summary>
internal sealed class ChannelCatalogue(IEnumerable<IChannel> channels)
{
    private readonly Dictionary<string, IChannel> byId = channels.ToDictionary(channel => channel.Id, StringComparer.Ordinal);

    public IEnumerable<string> Known => byId.Keys.Order(StringComparer.Ordinal);

    /// <summary>The channels by which a person can be had.</summary>
    public IReadOnlyList<string> ReachingExperts { get; } =
        [.. channels.Where(channel => channel.ReachesExperts).Select(channel => channel.Id).Order(StringComparer.Ordinal)];

    public IChannel? Find(string id) => byId.GetValueOrDefault(id);
}
