using StackExchange.Redis;

namespace Relais.Common.Coordination;

/// <summary>
/// Keeps answers for a while that are costly to find, for all replicas together. It may forget anything at any time, so it
/// holds nothing that cannot be found again.
/// </summary>
public interface ISharedCache
{
    /// <summary>The value; null where there is none, or none any more.</summary>
    ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken);

    ValueTask SetAsync(string key, string value, TimeSpan keep, CancellationToken cancellationToken);

    ValueTask RemoveAsync(string key, CancellationToken cancellationToken);
}

/// <summary>A cache of one process.</summary>
internal sealed class LocalCache(TimeProvider clock) : ISharedCache
{
    private const int MostEntries = 10_000;

    private readonly Dictionary<string, (string Value, DateTimeOffset Until)> entries = new(StringComparer.Ordinal);

    public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        lock (entries)
            return ValueTask.FromResult(entries.TryGetValue(key, out var entry) && clock.GetUtcNow() < entry.Until ? entry.Value : null);
    }

    public ValueTask SetAsync(string key, string value, TimeSpan keep, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        lock (entries)
        {
            if (entries.Count >= MostEntries)
                MakeRoom(now);
            entries[key] = (value, now + keep);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(string key, CancellationToken cancellationToken)
    {
        lock (entries)
            entries.Remove(key);
        return ValueTask.CompletedTask;
    }

    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (key, entry) in entries)
        {
            if (entry.Until <= now)
                entries.Remove(key);
        }

        if (entries.Count >= MostEntries)
            entries.Clear();
    }
}

/// <summary>The cache in Redis; empty while that is away.</summary>
internal sealed class RedisCache(RedisLink link) : ISharedCache
{
    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken) =>
        await link.AskAsync<string?>(async redis => (string?)await redis.ExecuteAsync("GET", [KeyOf(key)]), null, cancellationToken);

    public async ValueTask SetAsync(string key, string value, TimeSpan keep, CancellationToken cancellationToken) => await link.AskAsync(
        async redis => await redis.ExecuteAsync("SET", [KeyOf(key), value, "PX", Math.Max(1, (long)keep.TotalMilliseconds)]) is not null, false, cancellationToken);

    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken) =>
        await link.AskAsync(redis => redis.KeyDeleteAsync(KeyOf(key)), false, cancellationToken);

    private static string KeyOf(string key) => RedisLink.Prefix + "cache:" + key;
}
