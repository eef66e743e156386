using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;
using Relais.Surveys.Consumers;
using Relais.Surveys.Data;
using Relais.Surveys.Domain;
using Relais.Surveys.Features;
using Relais.Surveys.Grpc;

namespace Relais.Surveys;

/// <summary>Surveys: what customers say, and the figures.</summary>
public sealed class SurveysTarget : ServiceTarget
{
    public override string Name => "surveys";

    public override IReadOnlyList<string> Needs => ["identity"];

    public override void Configure(WebApplicationBuilder builder)
    {
        var options = builder.AddTargetOptions<SurveysOptions>();
        builder.AddServiceDatabase<SurveysDb, SqliteSurveysDb, PostgresSurveysDb>(Name);
        builder.Services.AddSingleton(new ResponsivenessScore(options.Goals));
        builder.Services.AddSingleton<FactLog>();
        builder.Services.AddScoped<AnswerSurvey>();
        builder.Services.AddScoped<ListSurveys>();
        builder.Services.AddScoped<GetFigures>();
        builder.AddEventConsumer<SendSurveyOnTicketResolved, TicketResolved>();
        builder.AddEventConsumer<CountConversationStarted, ConversationStarted>();
        builder.AddEventConsumer<CountCustomerMessageReceived, CustomerMessageReceived>();
        builder.AddEventConsumer<CountAssistantReplied, AssistantReplied>();
        builder.AddEventConsumer<CountConversationSolved, ConversationSolved>();
        builder.AddEventConsumer<CountExpertRequested, ExpertRequested>();
        builder.AddEventConsumer<CountTicketOpened, TicketOpened>();
        builder.AddEventConsumer<CountTicketReplied, TicketReplied>();
        builder.AddEventConsumer<CountTicketResolved, TicketResolved>();
        builder.AddEventConsumer<CountTicketReopened, TicketReopened>();
        builder.AddEventConsumer<CountOfferAccepted, OfferAccepted>();
    }

    public override void Map(WebApplication app) => app.MapGrpcService<SurveysGrpc>();
}
