using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Relais.AppHost.Client;
using Relais.AppHost.Local;
using Relais.Tests;

// Each platform is many processes; two cores carry one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Relais.EndToEnd;

/// <summary>One platform for the suites of a mode, started when the first of them needs it and gone after the last, so that the next has the machine to itself.</summary>
public abstract class SharedPlatform : IAsyncLifetime
{
    private readonly Lazy<Task<PlatformProcess>> process;
    private readonly Stopwatch expertsSince = new();
    private List<PublicApi> experts = [];

    private protected SharedPlatform(PlatformMode mode)
    {
        Mode = mode;
        process = new Lazy<Task<PlatformProcess>>(() => Task.Run(StartAsync));
    }

    internal PlatformMode Mode { get; }

    internal PlatformProcess Process => process.Value.IsCompletedSuccessfully ? process.Value.Result : throw new InvalidOperationException("The platform has not started.");

    internal PublicApi Anonymous { get; private set; } = null!;

    internal PublicApi Administrator { get; private set; } = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Completes when the platform runs; skips the test where this machine lacks what the mode needs.</summary>
    internal async ValueTask RunsAsync()
    {
        if (Mode.Missing is { } missing)
            Assert.Skip(missing);
        await process.Value;
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous?.Dispose();
        if (process.IsValueCreated && !process.Value.IsFaulted)
            await (await process.Value).DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<PlatformProcess> StartAsync()
    {
        var platform = await PlatformProcess.StartAsync(new Dictionary<string, string> { ["Identity__PasswordIterations"] = "10000" }, Mode);
        Anonymous = new PublicApi(platform.Address);
        Administrator = await platform.SignInAsync(Anonymous, "administrator", CancellationToken.None);
        await WarmUpAsync();
        return platform;
    }

    // On two busy cores the first calls of so many processes may be too slow; what is tested comes after them.
    private async Task WarmUpAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var chat = await OpenAsync();
                await chat.SayAsync("Comment lire ma facture ?");
                await chat.ReadUntilAsync(message => (string)message["author"]! == "ASSISTANT");
                return;
            }
            catch (Exception slow) when (tries < 10 && slow is ProblemException { Status: >= HttpStatusCode.InternalServerError } or Xunit.Sdk.XunitException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>As <c>routing replay</c> takes it.</summary>
    internal async Task<string> DatabaseOfRoutingAsync()
    {
        if (Mode == PlatformMode.Embedded)
            return Path.Combine(Process.Folder, "routing.db");
        if (Environment.GetEnvironmentVariable("ConnectionStrings__postgres") is { Length: > 0 } named)
            return new NpgsqlConnectionStringBuilder(named) { Database = "relais_routing" }.ToString();
        return (await PostgresServer.StartAsync(Path.Combine(Process.Folder, "postgres"))).ConnectionTo("relais_routing");
    }

    /// <summary>A customer with a conversation of their own.</summary>
    internal async Task<CustomerChat> OpenAsync(string locale = "fr", string? email = null)
    {
        var opened = await Anonymous.PostAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat",
            ["locale"] = locale,
            ["customer"] = new JsonObject { ["displayName"] = "Alix Moreau", ["email"] = email ?? $"{Guid.NewGuid():N}@client.example" },
            ["requestId"] = Guid.NewGuid().ToString(),
        }, TestContext.Current.CancellationToken);
        return new CustomerChat(Anonymous.As((string)opened["accessToken"]!), (string)opened["conversation"]!["id"]!, opened);
    }

    /// <summary>A ticket as the administrator sees it: its number is known at once, the ticket follows by an event.</summary>
    internal async Task<JsonObject> TicketAsync(string id)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await Administrator.GetAsync($"/v1/tickets/{id}", TestContext.Current.CancellationToken);
            }
            catch (ProblemException missing) when (missing.Code == "ticket.not_found" && tries < 100)
            {
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>The experts, signed in one after the other and for a while: checking so many passwords takes its time.</summary>
    internal async Task<List<PublicApi>> ExpertsAsync()
    {
        if (experts.Count > 0 && expertsSince.Elapsed < TimeSpan.FromMinutes(5))
            return experts;
        var accounts = Process.Accounts();
        var signedIn = new List<PublicApi>();
        foreach (var entry in accounts["accounts"]!.AsArray().Where(entry => entry!["roles"]!.AsArray().Any(role => (string)role! == "expert")))
            signedIn.Add(await Anonymous.SignInAsync((string)accounts["tenant"]!, (string)entry!["email"]!, (string)entry["password"]!, TestContext.Current.CancellationToken));
        expertsSince.Restart();
        return experts = signedIn;
    }

    /// <summary>Every expert is there; whoever has the ticket's offer is the answer.</summary>
    internal async Task<(PublicApi Expert, JsonObject Offer)> OfferOfAsync(string ticketId)
    {
        await ExpertsAsync();
        foreach (var expert in experts)
            await expert.PutAsync("/v1/experts/me/presence", new JsonObject { ["state"] = "AVAILABLE" }, TestContext.Current.CancellationToken);
        for (var tries = 0; tries < 400; tries++)
        {
            foreach (var expert in experts)
            {
                var offers = (await expert.GetAsync("/v1/offers?expert=me", TestContext.Current.CancellationToken))["offers"]!.AsArray();
                if (offers.FirstOrDefault(offer => (string)offer!["ticketId"]! == ticketId) is { } mine)
                    return (expert, mine.AsObject());
            }

            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        throw new Xunit.Sdk.XunitException("Nobody was offered the ticket.");
    }
}

/// <summary>Everything in one process.</summary>
public sealed class EmbeddedPlatform() : SharedPlatform(PlatformMode.Embedded), ICollectionFixture<EmbeddedPlatform>;

/// <summary>Two processes of each target, with PostgreSQL, Redis and RabbitMQ.</summary>
public sealed class LocalPlatform() : SharedPlatform(new PlatformMode("local", Replicas: 2)), ICollectionFixture<LocalPlatform>;

/// <summary>A suite that every mode passes: its subclasses name the mode.</summary>
public abstract class ModeSuite(SharedPlatform platform) : IAsyncLifetime
{
    private protected SharedPlatform Platform => platform;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => platform.RunsAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 400; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(25, Stop);
        }

        Assert.Fail("It did not become so within 10 s.");
    }
}

/// <summary>A conversation from the customer's side.</summary>
internal sealed class CustomerChat(PublicApi api, string id, JsonObject opened)
{
    public PublicApi Api { get; } = api;

    public string Id { get; } = id;

    public JsonObject Opened { get; } = opened;

    public Task<JsonObject> SayAsync(string text, string? requestId = null) => Api.PostAsync(
        $"/v1/conversations/{Id}/messages", new JsonObject { ["text"] = text, ["requestId"] = requestId ?? Guid.NewGuid().ToString() }, TestContext.Current.CancellationToken);

    /// <summary>The first message after <paramref name="after"/> that is the one, waiting for it at most 20 s.</summary>
    public async Task<JsonObject> ReadUntilAsync(Predicate<JsonObject> isIt, int after = 0)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            var page = await Api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/conversations/{Id}/messages?afterSequence={after}&waitSeconds=1"), TestContext.Current.CancellationToken);
            foreach (var message in page["messages"]!.AsArray().Select(entry => entry!.AsObject()))
            {
                after = (int)message["sequence"]!;
                if (isIt(message))
                    return message;
            }
        }

        throw new Xunit.Sdk.XunitException("The message did not come within 20 s.");
    }

    public async Task<JsonArray> ReadAllAsync() =>
        (await Api.GetAsync($"/v1/conversations/{Id}/messages?pageSize=200", TestContext.Current.CancellationToken))["messages"]!.AsArray();

    public async Task<string> RequestExpertAsync() => (string)(await Api.PostAsync(
        $"/v1/conversations/{Id}:requestExpert", new JsonObject { ["reason"] = "Je préfère parler à quelqu'un.", ["requestId"] = Guid.NewGuid().ToString() }, TestContext.Current.CancellationToken))["ticketId"]!;
}
