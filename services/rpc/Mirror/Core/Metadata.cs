using System.Collections;
using System.Text;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call, in the order they were added; a key may occur several times.</summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>Keys that end so carry bytes, sent as base64.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>Empty and read-only.</summary>
    public static readonly Metadata Empty = new Metadata().Freeze();

    private readonly List<Entry> _entries = [];

    public Metadata() { }

    public int Count => _entries.Count;

    public bool IsReadOnly { get; private set; }

    public Entry this[int index]
    {
        get => _entries[index];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            CheckWritable();
            _entries[index] = value;
        }
    }

    /// <summary>The last entry of the key, or null.</summary>
    public Entry? Get(string key)
    {
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (string.Equals(_entries[i].Key, key, StringComparison.OrdinalIgnoreCase))
                return _entries[i];
        }
        return null;
    }

    /// <summary>The last text value of the key, or null.</summary>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The last binary value of the key, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase))
                yield return entry;
        }
    }

    public void Add(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        CheckWritable();
        _entries.Add(item);
    }

    public void Add(string key, string value) => Add(new Entry(key, value));

    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public int IndexOf(Entry item) => _entries.IndexOf(item);

    public void Insert(int index, Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        CheckWritable();
        _entries.Insert(index, item);
    }

    public void RemoveAt(int index)
    {
        CheckWritable();
        _entries.RemoveAt(index);
    }

    public bool Remove(Entry item)
    {
        CheckWritable();
        return _entries.Remove(item);
    }

    public void Clear()
    {
        CheckWritable();
        _entries.Clear();
    }

    public bool Contains(Entry item) => _entries.Contains(item);

    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal Metadata Freeze()
    {
        IsReadOnly = true;
        return this;
    }

    private void CheckWritable()
    {
        if (IsReadOnly)
            throw new InvalidOperationException("Object is read only.");
    }

    /// <summary>One key with a text value, or with bytes when the key ends in <see cref="BinaryHeaderSuffix"/>.</summary>
    public class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _bytes;

        /// <exception cref="ArgumentException">The key has a character outside 0-9, a-z, '.', '_', '-' or lacks the binary suffix.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            if (!IsBinary)
                throw new ArgumentException($"Key for binary valued metadata entry needs to have suffix indicating binary value ('{BinaryHeaderSuffix}').", nameof(key));
            ArgumentNullException.ThrowIfNull(valueBytes);
            _bytes = (byte[])valueBytes.Clone();
        }

        /// <exception cref="ArgumentException">The key has a character outside 0-9, a-z, '.', '_', '-' or has the binary suffix.</exception>
        public Entry(string key, string value)
        {
            Key = Normalize(key);
            if (IsBinary)
                throw new ArgumentException($"Key for ASCII valued metadata entry cannot have suffix indicating binary value ('{BinaryHeaderSuffix}').", nameof(key));
            _value = value ?? throw new ArgumentNullException(nameof(value));
        }

        private Entry(string key, string? value, byte[]? bytes)
        {
            Key = key;
            _value = value;
            _bytes = bytes;
        }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase);

        /// <summary>Always lower case.</summary>
        public string Key { get; }

        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value => _value ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        /// <summary>A copy of the bytes, or the ASCII bytes of a text value.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_value!) : (byte[])_bytes.Clone();

        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToBase64String(_bytes!)}]"
            : $"[Entry: key={Key}, value={_value}]";

        internal ReadOnlySpan<byte> Bytes => _bytes;

        // What arrives was already checked by the HTTP stack; text is kept as it is.
        internal static Entry Received(string lowerCaseKey, string value) => new(lowerCaseKey, value, null);

        internal static Entry Received(string lowerCaseKey, byte[] bytes) => new(lowerCaseKey, null, bytes);

        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var upper = key.Length == 0;
            foreach (var c in key)
            {
                if (char.IsAsciiLetterUpper(c))
                    upper = true;
                else if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '_' or '-'))
                    throw new ArgumentException("Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.", nameof(key));
            }
            if (key.Length == 0)
                throw new ArgumentException("Metadata entry key cannot be empty.", nameof(key));
            return upper ? key.ToLowerInvariant() : key;
        }
    }
}
