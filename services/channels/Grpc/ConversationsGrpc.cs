using Grpc.Core;
using Relais.Channels.Features;
using Relais.Common.Failures;
using Relais.Contracts.Channels.V1;

namespace Relais.Channels.Grpc;

internal sealed class ConversationsGrpc(
    CreateConversation createConversation, GetConversation getConversation, ListConversations listConversations, CreateMessage createMessage,
    ListMessages listMessages, ConfirmSolved confirmSolved, RequestExpert requestExpert) : Conversations.ConversationsBase
{
    public override Task<CreateConversationResponse> CreateConversation(CreateConversationRequest request, ServerCallContext context) =>
        createConversation.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Conversation> GetConversation(GetConversationRequest request, ServerCallContext context) =>
        getConversation.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListConversationsResponse> ListConversations(ListConversationsRequest request, ServerCallContext context) =>
        listConversations.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Message> CreateMessage(CreateMessageRequest request, ServerCallContext context) =>
        createMessage.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListMessagesResponse> ListMessages(ListMessagesRequest request, ServerCallContext context) =>
        listMessages.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Conversation> ConfirmSolved(ConfirmSolvedRequest request, ServerCallContext context) =>
        confirmSolved.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<RequestExpertResponse> RequestExpert(RequestExpertRequest request, ServerCallContext context) =>
        requestExpert.HandleAsync(request, context.CancellationToken).OrThrow();
}
