namespace Relais.Routing.Domain.Matching;

/// <summary>Names as small numbers, given out in the order in which they come up.</summary>
internal sealed class Vocabulary(StringComparer comparer)
{
    private readonly Dictionary<string, int> _numbers = new(comparer);

    public int Count => _numbers.Count;

    public int Of(string name)
    {
        if (_numbers.TryGetValue(name, out var number)) return number;
        _numbers.Add(name, _numbers.Count);
        return _numbers.Count - 1;
    }
}
