namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>
/// Hash to ordinal, open addressing. One writer adds; any number of readers look up at the same time without a lock:
/// a value is written before its key, and a grown table is published whole.
/// </summary>
internal sealed class AppendOnlyMap
{
    private Table _table = new(64);
    private int _count;

    /// <summary>The ordinal, or -1.</summary>
    public int Find(ulong key)
    {
        var table = Volatile.Read(ref _table);
        for (var slot = (int)key & table.Mask; ; slot = (slot + 1) & table.Mask)
        {
            var found = Volatile.Read(ref table.Keys[slot]);
            if (found == key)
                return table.Values[slot];
            if (found == 0)
                return -1;
        }
    }

    /// <summary>Adds a key that is not there yet.</summary>
    public void Add(ulong key, int value)
    {
        if ((_count + 1) * 3 > _table.Keys.Length * 2)
        {
            var grown = new Table(_table.Keys.Length * 2);
            for (var i = 0; i < _table.Keys.Length; i++)
                if (_table.Keys[i] != 0)
                    grown.Put(_table.Keys[i], _table.Values[i]);
            Volatile.Write(ref _table, grown);
        }
        _table.Put(key, value);
        _count++;
    }

    private sealed class Table(int size)
    {
        public readonly ulong[] Keys = new ulong[size];
        public readonly int[] Values = new int[size];

        public int Mask => Keys.Length - 1;

        public void Put(ulong key, int value)
        {
            var slot = (int)key & Mask;
            while (Keys[slot] != 0)
                slot = (slot + 1) & Mask;
            Values[slot] = value;
            Volatile.Write(ref Keys[slot], key);
        }
    }
}
