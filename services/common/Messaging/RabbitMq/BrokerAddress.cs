using Microsoft.Extensions.Configuration;
using RabbitMQ.Client;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>Where the broker is, from <c>ConnectionStrings:rabbitmq</c>: <c>amqp://user:password@host:5672/vhost</c>, or amqps.</summary>
public sealed class BrokerAddress
{
    public const string Setting = "ConnectionStrings:rabbitmq";

    // Twice this without a word, and a peer counts as dead: what a suspended replica was working on goes to the next.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    private BrokerAddress(Uri uri)
    {
        var endpoint = new AmqpTcpEndpoint(uri);
        var factory = new ConnectionFactory { Uri = uri };
        (Host, Port, IsSecure) = (endpoint.HostName, (ushort)endpoint.Port, endpoint.Ssl.Enabled);
        (User, Password, VirtualHost) = (factory.UserName, factory.Password, factory.VirtualHost);
    }

    internal string Host { get; }

    internal ushort Port { get; }

    internal bool IsSecure { get; }

    internal string User { get; }

    internal string Password { get; }

    internal string VirtualHost { get; }

    internal static TimeSpan HeartbeatInterval => Heartbeat;

    /// <summary>Reads the setting; null where there is none.</summary>
    /// <exception cref="FormatException">It is not an address of a broker; the message tells, without the password.</exception>
    public static BrokerAddress? Read(IConfiguration configuration)
    {
        if (configuration.GetConnectionString("rabbitmq") is not { Length: > 0 } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps"))
            throw new FormatException("is not an address such as amqp://user:password@host:5672/.");
        try
        {
            return new BrokerAddress(uri);
        }
        catch (ArgumentException)
        {
            throw new FormatException("has more than one part after the host: a virtual host's name with a slash writes it as %2F.");
        }
    }

    /// <summary>Opens a connection beside those of the bus.</summary>
    internal Task<IConnection> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            HostName = Host,
            Port = Port,
            UserName = User,
            Password = Password,
            VirtualHost = VirtualHost,
            RequestedHeartbeat = Heartbeat,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = name,
        };
        if (IsSecure)
            factory.Ssl = new SslOption(Host, enabled: true);
        return factory.CreateConnectionAsync(cancellationToken);
    }
}
