using System.Collections;

namespace Relais.Routing.Domain.Matching;

/// <summary>Reasons with how many they were counted for: so few that looking through them beats any index.</summary>
internal sealed class ReasonCounts : IReadOnlyDictionary<string, int>
{
    public static readonly ReasonCounts None = new([]);

    private readonly KeyValuePair<string, int>[] _counts;

    private ReasonCounts(KeyValuePair<string, int>[] counts) => _counts = counts;

    public int Count => _counts.Length;

    public IEnumerable<string> Keys => _counts.Select(count => count.Key);

    public IEnumerable<int> Values => _counts.Select(count => count.Value);

    public int this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"Nothing was counted for {key}.");

    /// <param name="counts">Each reason once.</param>
    public static ReasonCounts Of(List<KeyValuePair<string, int>> counts) => counts.Count == 0 ? None : new([.. counts]);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, out int value)
    {
        foreach (var (reason, count) in _counts)
        {
            if (reason != key) continue;
            value = count;
            return true;
        }

        value = 0;
        return false;
    }

    public IEnumerator<KeyValuePair<string, int>> GetEnumerator() => _counts.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
