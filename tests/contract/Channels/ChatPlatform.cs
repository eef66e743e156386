using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Relais.Channels;
using Relais.Channels.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Hosting;
using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Identity.V1;
using Relais.Contracts.Tickets;
using Relais.Contracts.Types.V1;
using Relais.Identity;
using IdentityService = Relais.Contracts.Identity.V1.Identity;

namespace Relais.Contract.Channels;

/// <summary>
/// Channels with the real identity and a fake knowledge base. The test is every other service: it sees what channels
/// publishes, opens a ticket when one is asked for, and delivers events.
/// </summary>
public class ChatPlatform(string provider) : IAsyncLifetime
{
    public const string Tenant = "acme";
    public const string OtherTenant = "globex";

    private const string Email = "admin@acme.example";
    private const string OtherEmail = "admin@globex.example";
    private const string Password = "correct horse battery staple";

    private readonly string folder = Directory.CreateTempSubdirectory("relais-channels-").FullName;
    private readonly LocalDispatcher dispatcher = new();
    private readonly IConfigurationRoot addresses = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private readonly List<TargetHost> hosts = [];
    private readonly List<GrpcChannel> connections = [];
    private readonly ConcurrentQueue<object> published = new();
    private readonly ConcurrentDictionary<Guid, bool> seen = new();
    private int tickets = 1000;

    internal FakeKnowledge Knowledge { get; } = new();

    /// <summary>Whether somebody opens the tickets that are asked for.</summary>
    internal bool OpensTickets { get; set; } = true;

    internal Dictionary<string, string?> Settings { get; } = [];

    /// <summary>The database of channels, without a tenant.</summary>
    internal ChannelsDb OpenDb() => hosts.Single(host => host.Name == "channels").Services.GetRequiredService<Func<ChannelsDb>>()();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in EventCatalogue.All.Keys)
            dispatcher.Subscribe(new Subscription("test/Sees", name, SeeAsync));
        foreach (var target in new ServiceTarget[] { new IdentityTarget(), Knowledge, new ChannelsTarget() })
            await StartAsync(target);
        dispatcher.Open();
        var administrator = await SignInAsync(Tenant, Email);
        await Identity(administrator).CreateTenantAsync(new CreateTenantRequest
        {
            Id = OtherTenant, DisplayName = "Globex", AdministratorEmail = OtherEmail, AdministratorPassword = Password,
        }, cancellationToken: Stop);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in connections)
            connection.Dispose();
        foreach (var host in Enumerable.Reverse(hosts))
        {
            await host.StopAsync(CancellationToken.None);
            await host.DisposeAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A client with that token, or none and the tenant named.</summary>
    internal Conversations.ConversationsClient As(string? token) => new(Call("channels", token));

    internal Task<string> StaffAsync() => SignInAsync(Tenant, Email);

    internal Task<string> OtherStaffAsync() => SignInAsync(OtherTenant, OtherEmail);

    /// <summary>A customer with a conversation of their own.</summary>
    internal async Task<Customer> OpenAsync(string locale = "en", string email = "")
    {
        var opened = await As(null).CreateConversationAsync(Opening(locale, email), cancellationToken: Stop);
        return new Customer(As(opened.AccessToken), opened.Conversation);
    }

    /// <summary>Gives the customer of an address a tier.</summary>
    internal async Task RankAsync(string email, CustomerTier tier)
    {
        var customer = Assert.Single(await CustomersAsync(email));
        await Identity(await StaffAsync()).UpdateCustomerAsync(new UpdateCustomerRequest { Id = customer.Id, Tier = tier }, cancellationToken: Stop);
    }

    /// <summary>Whom identity knows by an address.</summary>
    internal async Task<IReadOnlyList<Contracts.Identity.V1.Customer>> CustomersAsync(string email) => (await Identity(await StaffAsync()).ListCustomersAsync(
        new ListCustomersRequest { Filter = $"email:{email}" }, cancellationToken: Stop)).Customers;

    internal static CreateConversationRequest Opening(string locale = "en", string email = "") => new()
    {
        RequestId = Guid.NewGuid().ToString(),
        Channel = "web_chat",
        Locale = locale,
        Customer = new CustomerProfile { DisplayName = "Martin Hale", Email = email },
    };

    /// <summary>What channels has published of a conversation, so far.</summary>
    internal IReadOnlyList<TEvent> Published<TEvent>(string conversationId) where TEvent : IEvent =>
        [.. published.OfType<TEvent>().Where(@event => @event.Key == conversationId)];

    /// <summary>Waits for an event of a conversation.</summary>
    internal async Task<TEvent> SeesAsync<TEvent>(string conversationId) where TEvent : IEvent
    {
        for (var waited = 0; waited < 10_000; waited += 10)
        {
            if (Published<TEvent>(conversationId) is [var first, ..])
                return first;
            await Task.Delay(10, Stop);
        }

        throw new TimeoutException($"No {TEvent.WireName} within 10 s.");
    }

    /// <summary>Delivers another service's event; completes when channels has committed.</summary>
    internal Task DeliverAsync<TEvent>(TEvent @event, Guid? messageId = null, CancellationToken? stop = null) where TEvent : IEvent => dispatcher.PublishAsync(
        new EventEnvelope(
            messageId ?? Guid.CreateVersion7(), TEvent.WireName, Tenant, @event.Key, EventCatalogue.Serialize(@event), null, DateTimeOffset.UtcNow),
        stop ?? Stop);

    private async Task StartAsync(ServiceTarget target)
    {
        var problems = new List<(string Target, string Problem)>();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                [$"ConnectionStrings:{target.Name}"] = provider == "Postgres" && target is ChannelsTarget
                    ? await Postgres.NewDatabaseAsync(target.Name)
                    : $"Data Source={Path.Combine(folder, target.Name + ".db")}",
                ["Platform:ServiceSecret"] = new('s', 32),
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:Console:FormatterName"] = "simple",
            })
            .AddInMemoryCollection(target is IdentityTarget
                ? new Dictionary<string, string?>
                {
                    ["Identity:MasterKey"] = Convert.ToBase64String(new byte[32]),
                    ["Identity:PasswordIterations"] = "10000",
                    ["Identity:Bootstrap:Tenant"] = Tenant,
                    ["Identity:Bootstrap:Email"] = Email,
                    ["Identity:Bootstrap:Password"] = Password,
                }
                : [])
            .AddInMemoryCollection(target is ChannelsTarget ? Settings : [])
            .AddConfiguration(addresses)
            .Build();
        var host = TargetHost.Build(target, [], configuration, dispatcher, problems);
        Assert.Empty(problems);
        hosts.Add(host!);
        await host!.StartAsync(Stop);
        addresses[$"services:{target.Name}:grpc:0"] = host.GrpcAddress.ToString();
    }

    private async Task SeeAsync(EventEnvelope envelope, CancellationToken cancellationToken)
    {
        var @event = EventCatalogue.Deserialize(envelope.Name, envelope.Payload);
        if (seen.TryAdd(envelope.MessageId, true))
            published.Enqueue(@event);
        if (@event is ExpertRequested asked && OpensTickets)
        {
            var number = $"T-{Interlocked.Increment(ref tickets)}";
            await DeliverAsync(new TicketOpened(
                asked.TicketId, number, asked.ConversationId, asked.CustomerId, asked.Channel, asked.Locale, "Subject", asked.Category, "NORMAL",
                asked.RequiredSkills, asked.At, asked.At.AddHours(4)), envelope.MessageId, cancellationToken);
        }
    }

    private IdentityService.IdentityClient Identity(string? token) => new(Call("identity", token));

    private async Task<string> SignInAsync(string tenant, string email) => (await Identity(null).CreateSessionAsync(
        new CreateSessionRequest { Tenant = tenant, Email = email, Password = Password }, cancellationToken: Stop)).AccessToken;

    private CallInvoker Call(string target, string? token)
    {
        var connection = GrpcChannel.ForAddress(hosts.Single(host => host.Name == target).GrpcAddress);
        lock (connections)
            connections.Add(connection);
        return connection.CreateCallInvoker().Intercept(headers =>
        {
            headers.Add(token is null ? "relais-tenant" : "authorization", token is null ? Tenant : "Bearer " + token);
            return headers;
        });
    }

    /// <summary>Somebody with a conversation.</summary>
    internal sealed class Customer(Conversations.ConversationsClient client, Conversation conversation)
    {
        public Conversations.ConversationsClient Client { get; } = client;

        public string Id => conversation.Id;

        public Guid Guid { get; } = Guid.Parse(conversation.Id);

        public async Task<Message> SayAsync(string text) => await Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = Id, Text = text, RequestId = Guid.NewGuid().ToString() }, cancellationToken: Stop);

        public async Task<IReadOnlyList<Message>> ReadAsync(int afterSequence = 0) => (await Client.ListMessagesAsync(
            new ListMessagesRequest { ConversationId = Id, AfterSequence = afterSequence, PageSize = 200 }, cancellationToken: Stop)).Messages;

        /// <summary>Says something and waits for what comes after it.</summary>
        public async Task<Message> AskAsync(string text) => await NextAsync((await SayAsync(text)).Sequence);

        /// <summary>Waits for the message after a sequence.</summary>
        public async Task<Message> NextAsync(int afterSequence)
        {
            var list = await Client.ListMessagesAsync(
                new ListMessagesRequest { ConversationId = Id, AfterSequence = afterSequence, WaitSeconds = 10 }, cancellationToken: Stop);
            return list.Messages.FirstOrDefault() ?? throw new TimeoutException($"No message after {afterSequence} within 10 s.");
        }

        public async Task<string> RequestExpertAsync() => (await Client.RequestExpertAsync(
            new RequestExpertRequest { Id = Id, Reason = "It is urgent.", RequestId = Guid.NewGuid().ToString() }, cancellationToken: Stop)).TicketId;

        public async Task<Conversation> GetAsync() => await Client.GetConversationAsync(new GetConversationRequest { Id = Id }, cancellationToken: Stop);
    }
}

public sealed class ChatOnSqlite() : ChatPlatform("Sqlite");

public sealed class ChatOnPostgres() : ChatPlatform("Postgres");
