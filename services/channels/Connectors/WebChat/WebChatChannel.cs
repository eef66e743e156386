using Relais.Common.Coordination;
using Relais.Common.Requests;
using Relais.Contracts.Channels.V1;

namespace Relais.Channels.Connectors.WebChat;

/// <summary>The chat in a web page: the page reads on with long polls, so that carrying a message is waking them.</summary>
internal sealed class WebChatChannel(ISignals signals) : IChannel
{
    public string Id => "web_chat";

    public bool ReachesExperts => true;

    public void CheckCustomer(CustomerProfile customer, Check check)
    {
        // The page itself is the way back to the customer; an address is welcome, not needed.
    }

    public void Carry(Guid conversationId) => signals.Raise(Topics.Conversation(conversationId));
}
