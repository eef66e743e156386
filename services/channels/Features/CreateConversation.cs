using System.Net.Mail;
using Grpc.Core;
using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Grpc;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Channels;
using Relais.Contracts.Identity.V1;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

/// <summary>
/// Opens a conversation for anybody. The answer that a repeated request finds holds the conversation alone; its token is
/// issued anew, so that none is ever stored.
/// </summary>
internal sealed class CreateConversation(
    ChannelsDb db, UnitOfWork<ChannelsDb> unit, Identity.IdentityClient identity, ChannelCatalogue channels, ChannelsOptions options,
    TimeProvider clock)
{
    private const int LongestName = 200;

    private const string NoEmail = "is not an e-mail address.";

    // RFC 5321, 4.5.3.1.3, less the angle brackets.
    private const int LongestEmail = 254;

    public async Task<Outcome<Proto.CreateConversationResponse>> HandleAsync(Proto.CreateConversationRequest request, CancellationToken cancellationToken)
    {
        var customer = request.Customer ?? new Proto.CustomerProfile();
        var check = new Check()
            .RequestId(request.RequestId)
            .Locale(request.Locale, "locale")
            .Text(customer.DisplayName, "customer.displayName", LongestName)
            .That(customer.Email.Length == 0 || IsEmail(customer.Email), "customer.email", NoEmail);
        if (channels.Find(request.Channel) is not { } channel)
            return ConversationFailures.UnknownChannel("channel", request.Channel, channels.Known);
        channel.CheckCustomer(customer, check);
        if (check.Failure is { } wrong)
            return wrong;

        var now = clock.Now();
        var earlier = await unit.FindAnswerAsync<Proto.Conversation>(request.RequestId, cancellationToken);
        if (earlier is not null && now - earlier.CreatedAt.ToDateTimeOffset() > options.OpeningRepeatable)
            return OpenedBefore();

        var id = Guid.CreateVersion7(now);
        // Under a request id that was used, identity hears nothing before it is known to be the same request: what another
        // one says of its customer is not that conversation's.
        CustomerSession? session = null;
        if (earlier is null)
        {
            try
            {
                session = await OpenSessionAsync(id, request, cancellationToken);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.InvalidArgument)
            {
                // The rest was checked above: identity knows better what can be an address.
                return new Check().That(false, "customer.email", NoEmail).Failure!;
            }
        }

        var stored = await unit.OnceAsync<Proto.Conversation>(request.RequestId, request, async ct =>
        {
            // Its answer was forgotten just now.
            if (session is null)
                return OpenedBefore();
            var conversation = new Conversation
            {
                Id = id,
                Channel = channel.Id,
                Locale = request.Locale,
                CustomerId = Guid.Parse(session.Customer.Id),
                CustomerName = customer.DisplayName,
                CustomerEmail = customer.Email,
                CustomerTier = session.Customer.Tier.ToWord(),
                CreatedAt = now,
            };
            db.Conversations.Add(conversation);
            db.Publish(new ConversationStarted(id, conversation.CustomerId, conversation.Channel, conversation.Locale, now), now);
            await db.SaveChangesAsync(ct);
            return conversation.ToProto();
        }, cancellationToken);
        if (stored.Failure is { } failure)
            return failure;
        // Repeated, or sent twice at once and the other one was faster: its conversation is the one.
        if (session is null || stored.Value.Id != id.ToString())
            session = await OpenSessionAsync(Guid.Parse(stored.Value.Id), request, cancellationToken);
        return new Proto.CreateConversationResponse { Conversation = stored.Value, AccessToken = session.AccessToken };
    }

    private static Failure OpenedBefore() => new(FailureKind.AlreadyExists, "request_id.reused",
        "This requestId opened a conversation some time ago. Use a new one to open another.");

    private async Task<CustomerSession> OpenSessionAsync(Guid conversationId, Proto.CreateConversationRequest request, CancellationToken cancellationToken)
    {
        var open = new OpenCustomerSessionRequest
        {
            ConversationId = conversationId.ToString(),
            DisplayName = request.Customer.DisplayName,
            Locale = request.Locale,
        };
        if (request.Customer.Email.Length > 0)
            open.ContactPoints.Add(new ContactPoint { Kind = "email", Address = request.Customer.Email });
        return await identity.OpenCustomerSessionAsync(open, cancellationToken: cancellationToken);
    }

    private static bool IsEmail(string value) =>
        value.Length <= LongestEmail && !value.Any(char.IsWhiteSpace) && MailAddress.TryCreate(value, out var address) && address.Address == value;
}
