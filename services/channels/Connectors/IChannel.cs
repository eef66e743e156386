using Relais.Common.Requests;
using Relais.Contracts.Channels.V1;

namespace Relais.Channels.Connectors;

/// <summary>
/// A way by which customers reach us. Adding one is a folder beside the others and a line in <see cref="ChannelsTarget"/>.
/// </summary>
internal interface IChannel
{
    /// <summary>As callers name it: <c>web_chat</c>.</summary>
    string Id { get; }

    /// <summary>Whether a person can be had by it.</summary>
    bool ReachesExperts { get; }

    /// <summary>What this channel must know of a customer who opens a conversation.</summary>
    void CheckCustomer(CustomerProfile customer, Check check);

    /// <summary>There are new messages, durable by now: brings them to the customer. It must not fail.</summary>
    void Carry(Guid conversationId);
}
