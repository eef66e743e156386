using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contracts.Identity;
using Relais.Contracts.Tickets;
using Relais.Routing.Consumers;
using Relais.Routing.Data;
using Relais.Routing.Features;
using Relais.Routing.Features.Policies;
using Relais.Routing.Features.Skills;
using Relais.Routing.Features.Supervision;
using Relais.Routing.Grpc;
using Relais.Routing.Passing;
using Relais.Routing.Shards;

namespace Relais.Routing;

/// <summary>Who is there, what they master, and which work goes to whom.</summary>
public sealed class RoutingTarget : ServiceTarget
{
    public override string Name => "routing";

    public override IReadOnlyList<string> Needs => ["identity"];

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.AddTargetOptions<RoutingOptions>();
        builder.AddEventConsumer<MirrorAddedStaff, StaffMemberAdded>();
        builder.AddEventConsumer<MirrorChangedStaff, StaffMemberChanged>();
        builder.AddEventConsumer<QueueOpenedTicket, TicketOpened>();
        builder.AddEventConsumer<QueueReopenedTicket, TicketReopened>();
        builder.AddEventConsumer<SettleAssignedTicket, TicketAssigned>();
        builder.AddEventConsumer<ReleaseResolvedTicket, TicketResolved>();
        builder.AddServiceDatabase<RoutingDb, SqliteRoutingDb, PostgresRoutingDb>(Name);
        builder.AddLeases<RoutingDb>();
        builder.Services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<PassOnCalls>());
        builder.Services.AddSingleton<PassOnCalls>();
        builder.Services.AddSingleton<PassOnEvents>();
        builder.Services.AddSingleton<ShardOwnership>();
        builder.Services.AddSingleton<ShardGroups>();
        builder.Services.AddSingleton<ShardTable>();
        builder.Services.AddScoped<Shard>();
        builder.Services.AddScoped<StaffMirror>();
        builder.Services.AddScoped<ExpertReader>();
        builder.Services.AddScoped<OfferReader>();
        builder.Services.AddScoped<GetExpert>();
        builder.Services.AddScoped<ListExperts>();
        builder.Services.AddScoped<SetPresence>();
        builder.Services.AddScoped<SetSkills>();
        builder.Services.AddScoped<SetProfile>();
        builder.Services.AddScoped<ListOffers>();
        builder.Services.AddScoped<AcceptOffer>();
        builder.Services.AddScoped<DeclineOffer>();
        builder.Services.AddScoped<ListDecisions>();
        builder.Services.AddScoped<PassTime>();
        builder.Services.AddHostedService<ShardKeeper>();
        builder.Services.AddScoped<Audit>();
        AddSkills(builder.Services);
        AddSupervision(builder.Services);
        AddPolicies(builder.Services);
        builder.Services.AddHostedService<ShardClock>();
        builder.Services.AddHostedService<Housekeeping>();
    }

    public override void Map(WebApplication app)
    {
        app.MapGrpcService<RoutingGrpc>();
        app.MapGrpcService<ShardsGrpc>();
        app.MapGrpcService<SkillsGrpc>();
        app.MapGrpcService<SupervisionGrpc>();
        app.MapGrpcService<PoliciesGrpc>();
    }

    // Where other replicas may own the shards, they are taken when this one can be reached (ShardKeeper).
    public override Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<ShardOwnership>().IsShared ? Task.CompletedTask : PassTime.ForEveryTenantAsync(services, cancellationToken);

    private static void AddSkills(IServiceCollection services) => services
        .AddScoped<CatalogueReader>().AddScoped<ListSkills>().AddScoped<SetSkill>().AddScoped<DeleteSkill>().AddScoped<SetSkillCatalogue>()
        .AddScoped<TeamReader>().AddScoped<ListTeams>().AddScoped<SetTeam>().AddScoped<DissolveTeam>().AddScoped<FormTeam>()
        .AddScoped<GetSkillsMatrix>();

    private static void AddSupervision(IServiceCollection services) => services
        .AddScoped<ListQueues>().AddScoped<ListLiveExperts>().AddScoped<AssignByHand>().AddScoped<PauseQueue>().AddScoped<ListRoutingAudit>()
        .AddScoped<GetWhatIf>().AddScoped<GetForecast>().AddScoped<GetExplanation>();

    private static void AddPolicies(IServiceCollection services) => services
        .AddScoped<PolicyReader>().AddScoped<HistoryReader>().AddScoped<ListPolicies>().AddScoped<GetPolicy>().AddScoped<CreatePolicy>()
        .AddScoped<UpdatePolicy>().AddScoped<DryRunPolicy>().AddScoped<ActivatePolicy>().AddScoped<RetirePolicy>();
}
