namespace Relais.Contracts;

/// <summary>
/// Something that happened in a service, published for the others: immutable, in the past tense, owned by its
/// publisher. Inside a version the shape only grows.
/// </summary>
public interface IEvent
{
    /// <summary>The name on the wire with its version, such as <c>relais.tickets.ticket-opened.v1</c>.</summary>
    static abstract string WireName { get; }

    /// <summary>Events with the same key reach each consumer in the order in which they were published.</summary>
    string Key { get; }
}
