using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts.Channels;

namespace Relais.Contract.Messaging;

/// <summary>Two targets on one transport, with databases in a folder that outlives a restart.</summary>
internal sealed class NotesPlatform(string folder, ConsumerTroubles troubles, IReadOnlyDictionary<string, string?> settings) : IAsyncDisposable
{
    public const string Tenant = "acme";

    private readonly List<TargetHost> hosts = [];

    public async Task StartAsync(IEventTransport transport, Action open)
    {
        foreach (var name in new[] { "alpha", "beta" })
        {
            var problems = new List<(string Target, string Problem)>();
            var configuration = new ConfigurationBuilder()
                .AddInMemoryCollection(new Dictionary<string, string?>
                {
                    [$"ConnectionStrings:{name}"] = $"Data Source={Path.Combine(folder, name + ".db")}",
                    ["Platform:ServiceSecret"] = new('s', 32),
                    ["Messaging:SweepInterval"] = "00:00:00.2",
                    ["Logging:LogLevel:Default"] = "None",
                    ["Logging:Console:FormatterName"] = "simple",
                })
                .AddInMemoryCollection(settings)
                .Build();
            var host = TargetHost.Build(new NotesTarget(name, troubles), [], configuration, transport, problems);
            Assert.Empty(problems);
            await host!.StartAsync(TestContext.Current.CancellationToken);
            hosts.Add(host);
        }

        open();
    }

    /// <summary>Publishes messages of one conversation in one transaction of alpha; <paramref name="fail"/> ends it in a failure.</summary>
    public async Task<IReadOnlyList<CustomerMessageReceived>> PublishAsync(Guid conversation, int from, int count, bool fail = false)
    {
        var at = DateTimeOffset.UtcNow;
        var messages = Enumerable.Range(from, count)
            .Select(sequence => new CustomerMessageReceived(conversation, Guid.NewGuid(), sequence, $"message {sequence}", null, at)).ToList();
        await using var scope = hosts[0].Services.CreateAsyncScope();
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

    /// <summary>The sequences that a target noted for a conversation, in the order of noting.</summary>
    public async Task<List<int>> NotesAsync(int target, Guid conversation)
    {
        await using var db = hosts[target].Services.CreateUnscoped<NotesDb>();
        db.TenantId = Tenant;
        return await db.Notes.Where(note => note.ConversationId == conversation).OrderBy(note => note.Id).Select(note => note.Sequence)
            .ToListAsync(TestContext.Current.CancellationToken);
    }

    public async Task<List<OutboxMessage>> OutboxAsync()
    {
        await using var db = hosts[0].Services.CreateUnscoped<NotesDb>();
        return await db.Outbox.IgnoreQueryFilters().AsNoTracking().OrderBy(row => row.Position).ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a condition holds, at most 20 s.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = 0; waited < 20_000; waited += 20)
        {
            if (await condition())
                return;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not within 20 s: {what}.");
    }

    public async Task StopAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync(CancellationToken.None);
            await host.DisposeAsync();
        }

        hosts.Clear();
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
