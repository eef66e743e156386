using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Coordination;
using Relais.Common.Security;
using Relais.Contract.Coordination;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Identity;
using Relais.Contracts.Routing;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Routing;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;
using Expert = Relais.Contracts.Routing.V1.Expert;
using Offer = Relais.Contracts.Routing.V1.Offer;
using Proto = Relais.Contracts.Routing.V1.Routing;
using SupervisionProto = Relais.Contracts.Routing.V1.Supervision;

namespace Relais.Contract.Routing;

/// <summary>Two replicas of routing on one PostgreSQL: one decides, both serve, and what one leaves the other goes on with.</summary>
public sealed class RoutingReplicas : IAsyncLifetime
{
    private const string Tenant = RoutingSuite.Tenant;

    // No replica has begun with it.
    private const string Elsewhere = "globex";

    private LoneTarget first = null!;
    private LoneTarget second = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => StartAsync(leaseDuration: "00:00:02");

    private async ValueTask StartAsync(string leaseDuration)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = await Redis.ConnectAsync(),
            ["Coordination:LeaseDuration"] = leaseDuration,
            ["Routing:OfferTimeout"] = "00:01:00",
            ["Routing:AssignmentWait"] = "00:00:00",
            ["Messaging:SweepInterval"] = "00:00:00.2",
        };
        first = await LoneTarget.StartAsync(() => new RoutingTarget(), settings, provider: "Postgres");
        second = await first.StartReplicaAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await second.DisposeAsync();
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Work_that_reaches_either_replica_is_decided_by_the_owner_and_answered_where_it_was_asked()
    {
        var expert = await RoutingSuite.ExpertAsync(first, ("billing", 5));
        Assert.Equal(first.GrpcAddress, await OwnerAsync());
        var there = On(second, expert);
        var poll = there.Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 20 }, cancellationToken: Stop).ResponseAsync;

        var opened = RoutingSuite.Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2));
        await second.DeliverAsync(Tenant, opened);
        var offer = Assert.Single((await poll).Offers);
        var accepted = await there.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id, RequestId = "a" }, cancellationToken: Stop);

        Assert.Equal((opened.TicketId.ToString(), Offer.Types.State.Accepted), (accepted.TicketId, accepted.State));
        Assert.Equal(accepted, await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id, RequestId = "a" }, cancellationToken: Stop));
        Assert.Single(await first.PublishedAsync<RoutingDb, OfferAccepted>(Tenant));
        Assert.Equal(first.GrpcAddress, await OwnerAsync());
        await RoutingSuite.FailsAsync("offer.not_found", StatusCode.NotFound, there.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Event_delivered_to_both_replicas_has_one_effect()
    {
        var expert = await RoutingSuite.ExpertAsync(first, ("billing", 5));
        var (opened, message) = (RoutingSuite.Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2)), Guid.CreateVersion7());

        await Task.WhenAll(
            first.DeliverAsync(Tenant, opened, message), second.DeliverAsync(Tenant, opened, message), second.DeliverAsync(Tenant, opened, message));

        Assert.Equal(opened.TicketId.ToString(), (await expert.OfferAsync()).TicketId);
        Assert.Single(await first.PublishedAsync<RoutingDb, OfferMade>(Tenant));
    }

    [Fact]
    public async Task Owner_that_stopped_renewing_is_deposed_and_its_decisions_are_refused_by_the_database()
    {
        var expert = await RoutingSuite.ExpertAsync(first, ("billing", 5));
        Pause(first);
        // It believes in its lease for two seconds more; the database knows better.
        await DeposeAsync();
        await RoutingSuite.UntilAsync(async () => await OwnerAsync() == second.GrpcAddress, "the second replica takes over");

        var passedOn = RoutingSuite.Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2));
        await RoutingSuite.FailsAsync("shard.moving", StatusCode.Unavailable, new Relais.Contracts.Routing.V1.Shards.ShardsClient(
            first.Call(first.Keys.Service("routing"), Tenant)).DeliverAsync(
                new DeliverRequest
                {
                    RequestId = Guid.CreateVersion7().ToString(), Consumer = "routing/QueueOpenedTicket", Event = TicketOpened.WireName,
                    Payload = Relais.Contracts.EventCatalogue.Serialize(passedOn), Key = passedOn.TicketId.ToString(),
                    OccurredAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
                },
                new Metadata { { "relais-passed-on", "1" } }, cancellationToken: Stop));
        Assert.Empty((await expert.Client.ListOffersAsync(new ListOffersRequest(), cancellationToken: Stop)).Offers);

        await first.DeliverAsync(Tenant, passedOn);
        var offer = await On(second, expert).OfferAsync();
        await expert.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop);
        await OnceEachAsync(1);
    }

    [Fact]
    public async Task Takeover_keeps_live_offers_ages_and_alarms()
    {
        var expert = await RoutingSuite.ExpertAsync(first, ("billing", 5));
        var since = DateTimeOffset.UtcNow.AddMinutes(-3);
        var (held, waits) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await first.DeliverAsync(Tenant, RoutingSuite.Opened(held, new RequiredSkill("billing", 2)) with { RequestedAt = since });
        var offer = await expert.OfferAsync();
        await first.DeliverAsync(Tenant, RoutingSuite.Opened(waits, new RequiredSkill("cooking", 5)) with { RequestedAt = since });
        Pause(first);
        await RoutingSuite.UntilAsync(async () => await OwnerAsync() == second.GrpcAddress, "the second replica takes over");

        var there = On(second, expert);
        Assert.Equal(offer.Id, (await there.OfferAsync()).Id);
        await there.Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop);
        await using var db = second.Open<RoutingDb>(Tenant);
        var item = await db.WorkItems.AsNoTracking().SingleAsync(row => row.Id == waits, Stop);
        Assert.Equal((ItemState.Waiting, ShardTurn.Stored(since)), (item.State, item.QueuedSince));
        await OnceEachAsync(1);
    }

    [Fact]
    public async Task Draining_replica_hands_its_shards_over_at_once()
    {
        // No lease runs out meanwhile.
        await DisposeAsync();
        await StartAsync(leaseDuration: "00:08:00");
        var expert = await RoutingSuite.ExpertAsync(first, ("billing", 5));
        Assert.Equal(first.GrpcAddress, await OwnerAsync());
        var stopping = first.StopAsync();
        await RoutingSuite.UntilAsync(async () => await OwnerAsync() == second.GrpcAddress, "the second replica takes over");
        await stopping;

        var ticket = RoutingSuite.Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2));
        await second.DeliverAsync(Tenant, ticket);
        Assert.Equal(ticket.TicketId.ToString(), (await On(second, expert).OfferAsync()).TicketId);
    }

    [Fact]
    public async Task Capacity_holds_and_nothing_is_lost_while_both_replicas_work_and_the_shard_moves()
    {
        var experts = new List<RoutingSuite.Person>();
        for (var i = 0; i < 5; i++)
            experts.Add(await RoutingSuite.ExpertAsync(first, ("billing", 5)));
        var tickets = Enumerable.Range(0, 40).Select(_ => RoutingSuite.Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 1))).ToList();
        var resolved = 0;
        var opening = Task.WhenAll(tickets.Select((ticket, at) => (at % 2 == 0 ? first : second).DeliverAsync(Tenant, ticket)));
        var working = Task.WhenAll(experts.Select(async (expert, at) =>
        {
            for (var turn = at; resolved < tickets.Count; turn++)
            {
                var replica = turn % 2 == 0 ? first : second;
                foreach (var offer in (await On(replica, expert).Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 1 }, cancellationToken: Stop)).Offers)
                {
                    // The shard may move meanwhile: answered is answered, and what was taken back goes to somebody else.
                    await Task.WhenAll(new[] { first, second }.Select(where => On(where, expert).Client.AcceptOfferAsync(new AcceptOfferRequest { Id = offer.Id }, cancellationToken: Stop).ResponseAsync));
                    Assert.True((await On(replica, expert).GetAsync()).Load <= 1);
                    await replica.DeliverAsync(Tenant, new TicketResolved(Guid.Parse(offer.TicketId), "T-1", Guid.NewGuid(), expert.Id, "web_chat", "fr", 1, false, DateTimeOffset.UtcNow));
                    Interlocked.Increment(ref resolved);
                }
            }
        }));
        await DeposeAsync();
        await Task.WhenAll(opening, working);

        Assert.Equal(tickets.Count, resolved);
        await OnceEachAsync(tickets.Count);
        await using var db = first.Open<RoutingDb>(Tenant);
        Assert.All(await db.Experts.AsNoTracking().ToListAsync(Stop), row => Assert.Equal(0, row.LoadParts));
        Assert.Empty(await db.Offers.AsNoTracking().Where(row => row.LiveItemId != null).ToListAsync(Stop));
    }

    /// <summary>The owner has taken the call, and may have committed, when its connection breaks.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_that_its_owner_took_and_did_not_answer_is_repeated_only_with_a_request_id(bool hasRequestId)
    {
        await using var owner = await DyingOwner.StartAsync();
        await using (var db = second.Open<RoutingDb>(Elsewhere))
        {
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO leases (\"TenantId\", \"Name\", \"Token\", \"Owner\", \"ExpiresAt\") VALUES ({Elsewhere}, {ShardOwnership.LeaseName}, 1, {"routing@elsewhere/1/1 " + owner.Address}, clock_timestamp() + interval '2 seconds')", Stop);
        }

        var desk = new SupervisionProto.SupervisionClient(second.Call(second.Keys.Staff(Guid.NewGuid(), Elsewhere, Roles.Supervisor)));
        var resumed = desk.ResumeQueueAsync(
            new ResumeQueueRequest { Group = "default", RequestId = hasRequestId ? "r" : "" }, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Stop);
        // The next owner was never told of a pause, so this answer says that it was asked as well.
        await (hasRequestId
            ? RoutingSuite.FailsAsync("queue.not_paused", StatusCode.NotFound, resumed)
            : RoutingSuite.FailsAsync("write.unconfirmed", StatusCode.Unavailable, resumed));
        Assert.True(owner.Calls >= 1);
    }

    [Fact]
    public async Task Call_that_never_reached_its_owner_is_done_by_the_next()
    {
        await using (var db = second.Open<RoutingDb>(Elsewhere))
        {
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO leases (\"TenantId\", \"Name\", \"Token\", \"Owner\", \"ExpiresAt\") VALUES ({Elsewhere}, {ShardOwnership.LeaseName}, 1, {"routing@elsewhere/1/1 http://127.0.0.1:1/"}, clock_timestamp() + interval '1 second')", Stop);
        }

        var desk = new SupervisionProto.SupervisionClient(second.Call(second.Keys.Staff(Guid.NewGuid(), Elsewhere, Roles.Supervisor)));
        await RoutingSuite.FailsAsync("queue.not_paused", StatusCode.NotFound, desk.ResumeQueueAsync(
            new ResumeQueueRequest { Group = "default" }, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Stop));
    }

    private static RoutingSuite.Person On(LoneTarget replica, RoutingSuite.Person person) =>
        person with { Client = new Proto.RoutingClient(replica.Call(replica.Keys.Staff(person.Id, Tenant, Roles.Expert))) };

    // What SIGSTOP does to an owner, as far as the others can see.
    private static void Pause(LoneTarget replica) => replica.Services.GetRequiredService<Leases<RoutingDb>>().Dispose();

    private async Task<Uri?> OwnerAsync() =>
        (await second.Services.GetRequiredService<Leases<RoutingDb>>().FindAsync(Tenant, ShardOwnership.LeaseName, Stop))?.Address;

    private async Task DeposeAsync()
    {
        await using var db = second.Open<RoutingDb>(Tenant);
        await db.Database.ExecuteSqlRawAsync("UPDATE leases SET \"ExpiresAt\" = clock_timestamp()", Stop);
    }

    private async Task OnceEachAsync(int tickets)
    {
        var accepted = await second.PublishedAsync<RoutingDb, OfferAccepted>(Tenant);
        Assert.Equal((tickets, tickets), (accepted.Count, accepted.Select(e => e.TicketId).Distinct().Count()));
    }
}
