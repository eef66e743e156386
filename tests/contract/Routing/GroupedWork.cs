using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Relais.Common.Messaging;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;
using Relais.Routing;
using Relais.Routing.Data;
using Relais.Routing.Shards;

namespace Relais.Contract.Routing;

/// <summary>Much comes at once on PostgreSQL: groups are decided while those before them are committed.</summary>
public sealed class GroupedWork : IAsyncLifetime
{
    private const string Tenant = RoutingSuite.Tenant;
    private const string Poison = "poison";
    private const int Waves = 12;
    private const int InWave = 15;
    private const int Experts = 30;

    // Each has room for three chats.
    private const int Offered = 3 * Experts;

    private LoneTarget routing = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        routing = await LoneTarget.StartAsync(
            () => new RoutingTarget(),
            new Dictionary<string, string?> { ["Routing:OfferTimeout"] = "00:05:00", ["Routing:AssignmentWait"] = "00:00:00" },
            provider: "Postgres");
        for (var number = 0; number < Experts; number++)
            await RoutingSuite.ExpertAsync(routing, ("billing", 5));
        await using var db = routing.Open<RoutingDb>(Tenant);
        // Long enough for others to come and be decided meanwhile.
        await db.Database.ExecuteSqlRawAsync(
            """
            CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $dawdle$ BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END $dawdle$;
            CREATE TRIGGER dawdle BEFORE INSERT ON work_items FOR EACH STATEMENT EXECUTE FUNCTION dawdle();
            """, Stop);
    }

    public ValueTask DisposeAsync() => routing.DisposeAsync();

    [Fact]
    public async Task Event_that_comes_again_while_its_group_is_committed_has_one_effect()
    {
        var tickets = Tickets().ToList();

        await InWavesAsync(tickets, async (ticket, wave) =>
        {
            var message = Guid.CreateVersion7();
            // The same message again in the waves after its own, and the ticket under another message.
            await Task.WhenAll(
                routing.DeliverAsync(Tenant, ticket, message),
                LaterAsync(wave, () => routing.DeliverAsync(Tenant, ticket, message)),
                LaterAsync(wave, () => routing.DeliverAsync(Tenant, ticket, Guid.CreateVersion7())));
        });

        await AssertWaitsOrIsOfferedOnceAsync(tickets);
    }

    [Fact]
    public async Task What_was_decided_upon_a_group_that_is_refused_is_decided_anew()
    {
        var tickets = Tickets().ToList();
        var refused = new List<TicketOpened>();
        for (var at = 0; at < tickets.Count; at += 2 * InWave)
        {
            tickets[at] = tickets[at] with { Subject = Poison };
            refused.Add(tickets[at]);
        }

        await using (var db = routing.Open<RoutingDb>(Tenant))
        {
            await db.Database.ExecuteSqlRawAsync(
                $$"""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$ BEGIN RAISE EXCEPTION 'Not this one.'; END $refuse$;
                CREATE TRIGGER refuse BEFORE INSERT ON work_items FOR EACH ROW WHEN (NEW."Subject" = '{{Poison}}') EXECUTE FUNCTION refuse();
                """, Stop);
        }

        await InWavesAsync(tickets, async (ticket, _) =>
        {
            var delivery = routing.DeliverAsync(Tenant, ticket);
            if (ticket.Subject == Poison)
                Assert.IsType<PostgresException>((await Assert.ThrowsAnyAsync<Exception>(() => delivery)).GetBaseException());
            else
                await delivery;
        });

        await AssertWaitsOrIsOfferedOnceAsync(tickets.Except(refused));
    }

    [Fact]
    public async Task Repetition_of_what_has_to_be_done_alone_is_not_taken_for_done()
    {
        var (groups, slot) = (routing.Services.GetRequiredService<ShardGroups>(), routing.Services.GetRequiredService<ShardTable>().Of(Tenant));
        var (message, ticket) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        var done = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => groups.RunAsync(slot, new GroupedInput(_ => null)
        {
            Delivery = new InboxEntry { MessageId = message, Consumer = "test", At = DateTimeOffset.UtcNow },
            Opens = ticket,
        }, Stop)));

        Assert.DoesNotContain(true, done);
    }

    private static IEnumerable<TicketOpened> Tickets() =>
        Enumerable.Range(0, Waves * InWave).Select(_ => RoutingSuite.Opened(Guid.CreateVersion7(), new RequiredSkill("billing", 2)));

    private static Task InWavesAsync(IReadOnlyList<TicketOpened> tickets, Func<TicketOpened, int, Task> deliver) =>
        Task.WhenAll(tickets.Select((ticket, at) => LaterAsync(at / InWave, () => deliver(ticket, at / InWave))));

    private static async Task LaterAsync(int wave, Func<Task> work)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(3 * wave), Stop);
        await work();
    }

    private async Task AssertWaitsOrIsOfferedOnceAsync(IEnumerable<TicketOpened> tickets)
    {
        await using var db = routing.Open<RoutingDb>(Tenant);
        var items = await db.WorkItems.AsNoTracking().ToListAsync(Stop);
        Assert.Equal(tickets.Select(ticket => ticket.TicketId).Order(), items.Select(item => item.Id).Order());
        var offers = await db.Offers.AsNoTracking().ToListAsync(Stop);
        Assert.Equal((Offered, Offered), (offers.Count, offers.Select(offer => offer.ItemId).Distinct().Count()));
        Assert.Equal(offers.Select(offer => (Guid?)offer.ItemId).Order(), offers.Select(offer => offer.LiveItemId).Order());
        Assert.Equal(Offered, (await routing.PublishedAsync<RoutingDb, OfferMade>(Tenant)).Count);
        var held = items.Where(item => item.HolderId is not null).GroupBy(item => item.HolderId!.Value).ToDictionary(group => group.Key, group => group.Sum(item => item.WeightParts));
        Assert.All(await db.Experts.AsNoTracking().ToListAsync(Stop), expert => Assert.Equal((held[expert.Id], expert.LoadParts), (expert.LoadParts, expert.CapacityParts)));
    }
}
