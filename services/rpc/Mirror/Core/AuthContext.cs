using System.Text;

namespace Grpc.Core;

/// <summary>Who the peer proved to be on the connection (client certificate).</summary>
public class AuthContext
{
    private readonly string? _peerIdentityPropertyName;
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        _peerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties ?? throw new ArgumentNullException(nameof(properties));
    }

    public bool IsPeerAuthenticated => _peerIdentityPropertyName is not null;

    public string? PeerIdentityPropertyName => _peerIdentityPropertyName;

    public IEnumerable<AuthProperty> PeerIdentity => _peerIdentityPropertyName is null ? [] : FindPropertiesByName(_peerIdentityPropertyName);

    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(values => values);

    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        _properties.TryGetValue(propertyName, out var found) ? found : [];
}

/// <summary>One property of the peer, such as its certificate's subject.</summary>
public class AuthProperty
{
    private readonly byte[] _bytes;

    private AuthProperty(string name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
    }

    public string Name { get; }

    /// <summary>The bytes as UTF-8 text.</summary>
    public string Value => Encoding.UTF8.GetString(_bytes);

    public byte[] ValueBytes => (byte[])_bytes.Clone();

    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new AuthProperty(name, (byte[])valueBytes.Clone());
    }
}
