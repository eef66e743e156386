using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Channels.Connectors;
using Relais.Channels.Connectors.WebChat;
using Relais.Channels.Consumers;
using Relais.Channels.Data;
using Relais.Channels.Features;
using Relais.Channels.Grpc;
using Relais.Channels.Talking;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Surveys;
using Relais.Contracts.Tickets;

namespace Relais.Channels;

/// <summary>Conversations with customers on every channel, and the assistant's part in them.</summary>
public sealed class ChannelsTarget : ServiceTarget
{
    public override string Name => "channels";

    public override IReadOnlyList<string> Needs => ["identity", "knowledge"];

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.AddTargetOptions<ChannelsOptions>();
        builder.AddServiceDatabase<ChannelsDb, SqliteChannelsDb, PostgresChannelsDb>(Name);
        builder.AddServiceClient<Knowledge.KnowledgeClient>("knowledge");
        builder.AddEventConsumer<AnswerCustomerMessage, CustomerMessageReceived>();
        builder.AddEventConsumer<NoteTicketOpened, TicketOpened>();
        builder.AddEventConsumer<NoteTicketAssigned, TicketAssigned>();
        builder.AddEventConsumer<CarryReply, TicketReplied>();
        builder.AddEventConsumer<NoteTicketResolved, TicketResolved>();
        builder.AddEventConsumer<NoteTicketReopened, TicketReopened>();
        builder.AddEventConsumer<CarrySurvey, SurveySent>();
        var services = builder.Services;
        services.AddSingleton<IChannel, WebChatChannel>();
        services.AddSingleton<ChannelCatalogue>();
        services.AddSingleton<TalkGroups>();
        services.AddScoped<Talk>();
        services.AddScoped<HandOver>();
        services.AddScoped<CreateConversation>();
        services.AddScoped<GetConversation>();
        services.AddScoped<ListConversations>();
        services.AddScoped<CreateMessage>();
        services.AddScoped<ListMessages>();
        services.AddScoped<ConfirmSolved>();
        services.AddScoped<RequestExpert>();
    }

    public override void Map(WebApplication app) => app.MapGrpcService<ConversationsGrpc>();
}
