namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>A list that one writer appends to while others read what is already there, without a lock.</summary>
internal sealed class Growing<T>(int capacity = 4)
{
    private T[] _items = new T[capacity];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public T this[int index] => Volatile.Read(ref _items)[index];

    public void Add(T item)
    {
        if (_count == _items.Length)
        {
            var grown = new T[Math.Max(2, _items.Length + (_items.Length >> 1) + 1)];
            _items.CopyTo(grown, 0);
            Volatile.Write(ref _items, grown);
        }
        _items[_count] = item;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>What is there now; the count is read before the array, which is at least as new.</summary>
    public ReadOnlySpan<T> Read()
    {
        var count = Volatile.Read(ref _count);
        return Volatile.Read(ref _items).AsSpan(0, count);
    }
}
