using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Tickets.Consumers;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Features;
using Relais.Tickets.Grpc;

namespace Relais.Tickets;

/// <summary>Tickets: the matters that people work on.</summary>
public sealed class TicketsTarget : ServiceTarget
{
    public override string Name => "tickets";

    public override IReadOnlyList<string> Needs => ["identity"];

    public override void Configure(WebApplicationBuilder builder)
    {
        var options = builder.AddTargetOptions<TicketsOptions>();
        builder.AddServiceDatabase<TicketsDb, SqliteTicketsDb, PostgresTicketsDb>(Name);
        builder.Services.AddSingleton(_ => new SlaClock(options.Due.All));
        builder.Services.AddSingleton(_ => new Triage(options.DangerWords, options.AngerWords));
        builder.Services.AddSingleton(_ => new Categories(options.Categories.SelectMany(tenant => tenant.Value.Select(category =>
            (tenant.Key, category.Id, (IReadOnlyList<RequiredSkill>)[.. category.RequiredSkills.Select(skill => new RequiredSkill(skill.Skill, skill.MinimumLevel))])))));
        builder.Services.AddScoped<GetTicket>();
        builder.Services.AddScoped<ListTickets>();
        builder.Services.AddScoped<OpenTicket>();
        builder.Services.AddScoped<CreateReply>();
        builder.Services.AddScoped<ResolveTicket>();
        builder.Services.AddScoped<ReopenTicket>();
        builder.Services.AddScoped<PutCannedReply>();
        builder.Services.AddScoped<ListCannedReplies>();
        builder.AddEventConsumer<OpenTicketOnExpertRequested, ExpertRequested>();
        builder.AddEventConsumer<ContinueThreadOnCustomerMessageReceived, CustomerMessageReceived>();
        builder.AddEventConsumer<ResolveOnConversationSolved, ConversationSolved>();
        builder.AddEventConsumer<AssignOnOfferAccepted, OfferAccepted>();
    }

    public override void Map(WebApplication app) => app.MapGrpcService<TicketsGrpc>();
}
