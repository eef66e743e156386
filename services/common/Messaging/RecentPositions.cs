namespace Relais.Common.Messaging;

/// <summary>The rows that a relay was done with last: between one and two generations of them, as an event that was saved beside them names one.</summary>
internal sealed class RecentPositions
{
    private const int Generation = 4096;

    private HashSet<long> young = [];
    private HashSet<long> old = [];

    public void Add(long position)
    {
        if (young.Count == Generation)
        {
            (young, old) = (old, young);
            young.Clear();
        }

        young.Add(position);
    }

    public bool Contains(long position) => young.Contains(position) || old.Contains(position);
}
