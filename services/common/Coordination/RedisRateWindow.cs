using StackExchange.Redis;

namespace Relais.Common.Coordination;

/// <summary>
/// Rate windows of all replicas, in Redis and by its clock. While it is away each replica counts for itself: limits are
/// looser then, and nobody is locked out.
/// </summary>
internal sealed class RedisRateWindow(RedisLink link, LocalRateWindow local) : IRateWindow
{
    // The algorithm of Gcra, where it is the only one at work.
    private const string Script = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local emission, reach = tonumber(ARGV[1]), tonumber(ARGV[2])
        local back = tonumber(redis.call('GET', KEYS[1]) or '0')
        local next = math.max(back, now) + emission
        local allowed = next - reach
        if allowed > now then return { 0, 0, allowed - now } end
        redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
        return { 1, math.floor((now - allowed) / emission), 0 }
        """;

    public async ValueTask<RateDecision> TakeAsync(string key, RateLimit limit, CancellationToken cancellationToken)
    {
        var answer = await link.AskAsync(
            async redis => (RedisValue[]?)await redis.ScriptEvaluateAsync(Script, [RedisLink.Prefix + "rate:" + key], [limit.Emission, limit.Reach]),
            null, cancellationToken);
        return answer is [var allowed, var remaining, var wait]
            ? new RateDecision((int)allowed == 1, (int)remaining, TimeSpan.FromMicroseconds((long)wait))
            : await local.TakeAsync(key, limit, cancellationToken);
    }
}
