using Grpc.Core;
using Relais.Contract.Hosting;
using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Tickets;
using Relais.Tickets.Data;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Contract.Tickets;

/// <summary>A tickets service with people who use it, in tenant <c>acme</c>.</summary>
internal sealed class TicketFlow : IAsyncDisposable
{
    public const string Tenant = "acme";
    public const string OtherTenant = "globex";

    private TicketFlow(LoneTarget target)
    {
        Target = target;
        Expert = Client(target.Keys.Staff(Tenant, "expert"));
    }

    public LoneTarget Target { get; }

    public Proto.Tickets.TicketsClient Expert { get; private set; }

    public static async Task<TicketFlow> StartAsync(string provider) => new(await LoneTarget.StartAsync(() => new TicketsTarget(), new Dictionary<string, string?>
    {
        ["Tickets:Categories:acme:0:Id"] = "power",
        ["Tickets:Categories:acme:0:Name:fr"] = "Électricité",
        ["Tickets:Categories:acme:0:RequiredSkills:0:Skill"] = "electricity-technical",
        ["Tickets:Categories:acme:0:RequiredSkills:0:MinimumLevel"] = "3",
    }, provider: provider));

    public Proto.Tickets.TicketsClient Client(string token) => new(Target.Call(token));

    public async Task RestartAsync()
    {
        await Target.RestartAsync();
        Expert = Client(Target.Keys.Staff(Tenant, "expert"));
    }

    /// <summary>A hand-over with a short conversation before it.</summary>
    public static ExpertRequested Request(string cause = "customer", string reason = "", string category = "power", params string[] customerTexts)
    {
        var at = DateTimeOffset.UtcNow;
        var texts = customerTexts.Length > 0 ? customerTexts : ["Bonjour", "Le courant est coupé depuis ce matin"];
        var lines = texts.Select((text, index) => new TranscriptLine(Guid.CreateVersion7(), 2 * index + 1, "CUSTOMER", "Nadège Colin", text, at))
            .Append(new TranscriptLine(Guid.CreateVersion7(), 2 * texts.Length, "ASSISTANT", "Assistant", "Je ne sais pas.", at)).ToList();
        return new ExpertRequested(
            Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), "Nadège Colin", "nadege@client.example", "web_chat", "fr", cause,
            reason, "web_chat", category, [], lines,
            [new SelfCareTry("courant coupé", false, 0.2, [new CitedArticle(Guid.CreateVersion7(), 3, "Panne de courant", 0.2)])], at);
    }

    /// <summary>Opens a ticket and gives its hand-over.</summary>
    public async Task<ExpertRequested> OpenAsync(ExpertRequested? request = null, string tenantId = Tenant)
    {
        var requested = request ?? Request();
        await Target.DeliverAsync(tenantId, requested);
        return requested;
    }

    public async Task<OfferAccepted> AcceptAsync(Guid ticketId, string expertName = "Ada")
    {
        var accepted = new OfferAccepted(Guid.CreateVersion7(), ticketId, Guid.CreateVersion7(), expertName, DateTimeOffset.UtcNow);
        await Target.DeliverAsync(Tenant, accepted);
        return accepted;
    }

    public Task SayAsync(ExpertRequested request, int sequence, string text, Guid? messageId = null, Guid? deliveryId = null) => Target.DeliverAsync(
        Tenant,
        new CustomerMessageReceived(request.ConversationId, messageId ?? Guid.CreateVersion7(), sequence, text, request.TicketId, DateTimeOffset.UtcNow),
        deliveryId);

    public async Task<Proto.Ticket> GetAsync(Guid id) =>
        await Expert.GetTicketAsync(new Proto.GetTicketRequest { Id = id.ToString() }, cancellationToken: TestContext.Current.CancellationToken);

    public Task<List<TEvent>> PublishedAsync<TEvent>() where TEvent : IEvent => Target.PublishedAsync<TicketsDb, TEvent>(Tenant);

    public static Task<Refusal> RefusedAsync<TResponse>(AsyncUnaryCall<TResponse> call) => Refusal.OfAsync(call);

    public ValueTask DisposeAsync() => Target.DisposeAsync();
}
