namespace Relais.Common.Coordination;

/// <summary>Signals to the watchers of this process and, through Redis, to those of the other processes.</summary>
internal sealed class RedisSignals : ISignals
{
    private readonly LocalSignals local;
    private readonly RedisLink link;
    private readonly CoordinationOptions options;

    public RedisSignals(LocalSignals local, RedisLink link, CoordinationOptions options)
    {
        this.local = local;
        this.link = link;
        this.options = options;
        link.Heard += local.Raise;
        // Whatever was lost is found by looking; and who waits learns how far it can trust to be woken.
        link.Changed += local.RaiseAll;
    }

    public TimeSpan Recheck => link.IsUp ? options.Recheck : options.RecheckAlone;

    public void Raise(string topic)
    {
        local.Raise(topic);
        link.Tell(topic);
    }

    public ISignalWatch Watch(string topic) => local.Watch(topic);
}
