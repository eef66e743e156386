using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Identity;
using Relais.Contracts.Routing;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Routing;
using Relais.Routing.Data;
using Proto = Relais.Contracts.Routing.V1.Routing;

namespace Relais.Contract.Routing;

/// <summary>The routing service over gRPC and a database, with what tests of it say often. Tickets is played: it assigns what is accepted.</summary>
public abstract class RoutingSuite(string provider) : IAsyncLifetime
{
    internal const string Tenant = "acme";

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal LoneTarget Routing { get; private set; } = null!;

    /// <summary>The events that the service published, in the order in which they came.</summary>
    internal ConcurrentQueue<object> Heard { get; } = new();

    internal bool TicketsAnswers { get; set; } = true;

    public async ValueTask InitializeAsync()
    {
        Routing = await StartAsync("00:01:00");
    }

    public async ValueTask DisposeAsync()
    {
        await Routing.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static SetSkillsRequest Skills(Guid expert, params (string Skill, int Level)[] skills)
    {
        var request = new SetSkillsRequest { Id = expert.ToString() };
        request.Skills.AddRange(skills.Select(s => new SkillLevel { Skill = s.Skill, Level = s.Level }));
        return request;
    }

    internal static TicketOpened Opened(Guid ticket, params RequiredSkill[] skills)
    {
        var now = DateTimeOffset.UtcNow;
        return new TicketOpened(
            ticket, "T-1", Guid.NewGuid(), Guid.NewGuid(), "web_chat", "fr-FR", "Ma facture", "billing", "NORMAL", skills, now, now.AddMinutes(5));
    }

    internal static async Task FailsAsync<T>(string code, StatusCode status, AsyncUnaryCall<T> call)
    {
        var refusal = await Refusal.OfAsync(call);
        Assert.Equal((code, status), (refusal.Code, refusal.Status));
    }

    internal static async Task InvalidAsync<T>(string field, AsyncUnaryCall<T> call)
    {
        var refusal = await Refusal.OfAsync(call);
        Assert.Equal(("request.invalid", StatusCode.InvalidArgument), (refusal.Code, refusal.Status));
        Assert.Contains(field, refusal.Fields);
    }

    internal static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    internal static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = 0; waited < 20_000; waited += 20)
        {
            if (await condition())
                return;
            await Task.Delay(20, Stop);
        }

        Assert.Fail($"Not within 20 s: {what}.");
    }

    internal async Task<LoneTarget> StartAsync(string offerTimeout)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Routing:OfferTimeout"] = offerTimeout,
            ["Messaging:SweepInterval"] = "00:00:00.2",
            // Some tests make the database refuse a write.
            ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
        };
        return await LoneTarget.StartAsync(() => new RoutingTarget(), settings, Hear, provider);
    }

    /// <summary>Has the database refuse every new offer, or stop refusing.</summary>
    internal async Task RefuseOffersAsync(bool refuse)
    {
        await using var db = Routing.Open<RoutingDb>(Tenant);
        await db.Database.ExecuteSqlRawAsync((provider, refuse) switch
        {
            ("Postgres", true) => "ALTER TABLE offers ADD CONSTRAINT refuse CHECK (false) NOT VALID",
            ("Postgres", false) => "ALTER TABLE offers DROP CONSTRAINT refuse",
            (_, true) => "CREATE TRIGGER refuse BEFORE INSERT ON offers BEGIN SELECT RAISE(ABORT, 'refused by the test'); END",
            (_, false) => "DROP TRIGGER refuse",
        }, Stop);
    }

    internal void Hear(LoneTarget target)
    {
        target.On<OfferMade>(Take);
        target.On<OfferDeclined>(Take);
        target.On<OfferExpired>(Take);
        target.On<OfferRescinded>(Take);
        target.On<OfferAccepted>(async accepted =>
        {
            Heard.Enqueue(accepted);
            if (TicketsAnswers)
                await target.DeliverAsync(Tenant, new TicketAssigned(accepted.TicketId, "T-1", Guid.NewGuid(), accepted.ExpertId, accepted.ExpertName, accepted.At));
        });

        Task Take(object @event)
        {
            Heard.Enqueue(@event);
            return Task.CompletedTask;
        }
    }

    internal Proto.RoutingClient Manager() => new(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)));

    /// <summary>What was done by hand, the latest first.</summary>
    internal async Task<IReadOnlyList<ListRoutingAuditResponse.Types.AuditEntry>> AuditAsync() =>
        (await new Contracts.Routing.V1.Supervision.SupervisionClient(Routing.Call(Routing.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor)))
            .ListRoutingAuditAsync(new ListRoutingAuditRequest(), cancellationToken: Stop)).Entries;

    internal async Task<ListExpertsResponse> ListAsync(string filter) =>
        await Manager().ListExpertsAsync(new ListExpertsRequest { Filter = filter }, cancellationToken: Stop);

    internal async Task<Guid> OpenAsync(params RequiredSkill[] skills)
    {
        var opened = Opened(Guid.CreateVersion7(), skills);
        await Routing.DeliverAsync(Tenant, opened);
        return opened.TicketId;
    }

    internal Task<Person> ExpertAsync(params (string Skill, int Level)[] skills) => ExpertAsync(Routing, skills);

    internal static async Task<Person> ExpertAsync(LoneTarget target, params (string Skill, int Level)[] skills)
    {
        var id = Guid.CreateVersion7();
        var person = new Person(id, $"Expert {id.ToString()[^4..]}") { Client = new Proto.RoutingClient(target.Call(target.Keys.Staff(id, Tenant, Roles.Expert))) };
        await target.DeliverAsync(Tenant, new StaffMemberAdded(id, $"{id}@example.org", person.Name, "fr", [Roles.Expert]));
        await new Proto.RoutingClient(target.Call(target.Keys.Staff(Guid.NewGuid(), Tenant, Roles.Supervisor))).SetSkillsAsync(Skills(id, skills), cancellationToken: Stop);
        await person.BeAsync(Expert.Types.Presence.Available);
        return person;
    }

    internal sealed record Person(Guid Id, string Name)
    {
        public required Proto.RoutingClient Client { get; set; }

        public async Task<Expert> GetAsync() => await Client.GetExpertAsync(new GetExpertRequest { Id = "me" }, cancellationToken: Stop);

        public async Task BeAsync(Expert.Types.Presence presence) =>
            await Client.SetPresenceAsync(new SetPresenceRequest { Id = "me", State = presence }, cancellationToken: Stop);

        public async Task<Offer> OfferAsync() =>
            Assert.Single((await Client.ListOffersAsync(new ListOffersRequest { WaitSeconds = 10 }, cancellationToken: Stop)).Offers);
    }
}
