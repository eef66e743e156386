using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts.Channels;

namespace Relais.Contract.Messaging;

/// <summary>Two targets, alpha and beta, with databases that outlive a restart, each once or in replicas.</summary>
/// <param name="databases">Connection strings by role.</param>
/// <param name="settings">Messaging's and the broker's; without a broker the process-local dispatcher carries events.</param>
internal sealed class NotesPlatform(
    ConsumerTroubles troubles, IReadOnlyDictionary<string, string> databases, IReadOnlyDictionary<string, string?> settings) : IAsyncDisposable
{
    public const string Tenant = "acme";

    // Targets of a test share nothing with those of others on the same broker.
    private readonly string suffix = "-" + Guid.NewGuid().ToString("N")[..8];
    private readonly List<(string Role, TargetHost Host)> hosts = [];
    private LocalDispatcher? dispatcher;

    public IReadOnlyList<string> TargetNames => [.. databases.Keys.Select(NameOf)];

    public string NameOf(string role) => role + suffix;

    /// <summary>Starts a replica of each target.</summary>
    public async Task StartAsync()
    {
        dispatcher ??= new LocalDispatcher();
        foreach (var role in databases.Keys)
            await StartAsync(role);
        dispatcher.Open();
    }

    /// <summary>Starts a replica of one target and waits until it takes what the transport brings.</summary>
    public async Task<TargetHost> StartAsync(string role, bool isEarlier = false)
    {
        var host = await BeginAsync(role, isEarlier);
        await UntilAsync(() => IsHealthyAsync(host), "the broker brings events");
        return host;
    }

    /// <summary>Starts a replica of one target that the broker may not let in.</summary>
    public async Task<TargetHost> BeginAsync(string role, bool isEarlier = false)
    {
        var name = NameOf(role);
        var problems = new List<(string Target, string Problem)>();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                [$"ConnectionStrings:{name}"] = databases[role],
                ["Platform:ServiceSecret"] = new('s', 32),
                ["Messaging:SweepInterval"] = "00:00:00.2",
                ["Messaging:LongestOutagePause"] = "00:00:00.2",
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
                ["Logging:Console:FormatterName"] = "simple",
            })
            .AddInMemoryCollection(settings)
            .Build();
        var host = TargetHost.Build(new NotesTarget(name, troubles, isEarlier), [], configuration, dispatcher, problems);
        Assert.Empty(problems);
        await host!.StartAsync(TestContext.Current.CancellationToken);
        hosts.Add((role, host));
        return host;
    }

    public static async Task<bool> IsHealthyAsync(TargetHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status == HealthStatus.Healthy;

    /// <summary>What a target says of the broker while it is not well.</summary>
    public static async Task<string?> TroubleAsync(TargetHost host) => (await host.Services.GetRequiredService<HealthCheckService>()
        .CheckHealthAsync(check => check.Name == "broker", TestContext.Current.CancellationToken)).Entries["broker"].Description;

    public TargetHost Host(string role) => hosts.First(entry => entry.Role == role).Host;

    /// <summary>Publishes messages of one conversation in one transaction of alpha; <paramref name="fail"/> ends it in a failure.</summary>
    public Task<IReadOnlyList<CustomerMessageReceived>> PublishAsync(Guid conversation, int from, int count, bool fail = false) =>
        PublishAsync(Host("alpha"), conversation, from, count, fail);

    public static async Task<IReadOnlyList<CustomerMessageReceived>> PublishAsync(TargetHost host, Guid conversation, int from, int count, bool fail = false)
    {
        var at = DateTimeOffset.UtcNow;
        var messages = MessagesOf(conversation, from, count, at);
        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(Tenant, "test");
        var db = scope.ServiceProvider.GetRequiredService<NotesDb>();
        await scope.ServiceProvider.GetRequiredService<UnitOfWork<NotesDb>>().WriteAsync<bool>(
            _ =>
            {
                foreach (var message in messages)
                    db.Publish(message, at);
                return Task.FromResult<Outcome<bool>>(fail ? Failure.Precondition("test.refused", "Refused on purpose.") : true);
            },
            TestContext.Current.CancellationToken);
        return messages;
    }

    /// <summary>The same with one statement for all rows, as groups of work are written.</summary>
    public static async Task PublishInBulkAsync(TargetHost host, Guid conversation, int from, int count)
    {
        var at = DateTimeOffset.UtcNow;
        await using var transaction = await host.Services.GetRequiredService<BulkWrites<NotesDb>>().BeginAsync(Tenant, TestContext.Current.CancellationToken);
        foreach (var message in MessagesOf(conversation, from, count, at))
            transaction.Publish(message, at, cause: null);
        await transaction.SaveAsync();
        await transaction.CommitAsync();
    }

    private static List<CustomerMessageReceived> MessagesOf(Guid conversation, int from, int count, DateTimeOffset at) =>
        [.. Enumerable.Range(from, count).Select(sequence => new CustomerMessageReceived(conversation, Guid.NewGuid(), sequence, $"message {sequence}", null, at))];

    /// <summary>The sequences that a target noted for a conversation, in the order of noting.</summary>
    public async Task<List<int>> NotesAsync(string role, Guid conversation)
    {
        await using var db = Host(role).Services.CreateUnscoped<NotesDb>();
        db.TenantId = Tenant;
        return await db.Notes.Where(note => note.ConversationId == conversation).OrderBy(note => note.Id).Select(note => note.Sequence)
            .ToListAsync(TestContext.Current.CancellationToken);
    }

    public async Task<List<OutboxMessage>> OutboxAsync()
    {
        await using var db = Host("alpha").Services.CreateUnscoped<NotesDb>();
        return await db.Outbox.IgnoreQueryFilters().AsNoTracking().OrderBy(row => row.Position).ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Has everything published again, as after a broker's loss (docs/operations.md).</summary>
    public async Task PublishAgainAsync()
    {
        await using var db = Host("alpha").Services.CreateUnscoped<NotesDb>();
        // An effect may be seen before its row is marked, which would undo this.
        await UntilAsync(async () => await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE outbox SET "DeliveredAt" = NULL, "Owner" = NULL
            WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE "DeliveredAt" IS NULL)
            """, TestContext.Current.CancellationToken) > 0, "all rows are marked and published again");
    }

    /// <summary>The dead letters of all targets.</summary>
    public async Task<List<DeadLetter>> DeadLettersAsync(string tenant = Tenant, bool isOperator = false)
    {
        var found = new List<DeadLetter>();
        foreach (var store in DeadLetterStores())
            found.AddRange(await store.ListAsync(new DeadLetterOwner(tenant, isOperator), 100, TestContext.Current.CancellationToken));
        return found;
    }

    public async Task<int> ReplayAsync(Guid? id, string tenant = Tenant)
    {
        var replayed = 0;
        foreach (var store in DeadLetterStores())
            replayed += await store.ReplayAsync(new DeadLetterOwner(tenant, IsOperator: false), id is { } one ? [one] : [], TestContext.Current.CancellationToken);
        return replayed;
    }

    public async Task<int> DiscardAsync(DeadLetterOwner owner, Guid? id, bool unreadable = false)
    {
        var discarded = 0;
        foreach (var store in DeadLetterStores())
            discarded += await store.DiscardAsync(owner, id is { } one ? [one] : [], unreadable, TestContext.Current.CancellationToken);
        return discarded;
    }

    private IEnumerable<IDeadLetterStore> DeadLetterStores() =>
        databases.Keys.SelectMany(role => Host(role).Services.GetServices<IDeadLetterStore>());

    /// <summary>Waits until a condition holds, at most 20 s.</summary>
    public static Task UntilAsync(Func<Task<bool>> condition, string what) => UntilAsync(condition, () => Task.FromResult(what), 20);

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<Task<string>> what, int seconds)
    {
        var until = DateTimeOffset.UtcNow.AddSeconds(seconds);
        while (DateTimeOffset.UtcNow < until)
        {
            if (await condition())
                return;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not within {seconds} s: {await what()}.");
    }

    public async Task StopAsync(TargetHost host)
    {
        hosts.RemoveAll(entry => entry.Host == host);
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
    }

    public async Task StopAsync()
    {
        foreach (var (_, host) in hosts.ToList())
            await StopAsync(host);
        dispatcher = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
