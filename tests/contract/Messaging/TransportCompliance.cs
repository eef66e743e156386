using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;

namespace Relais.Contract.Messaging;

/// <summary>What services may rely on, whichever transport carries their events.</summary>
public abstract class TransportCompliance : IAsyncLifetime
{
    private readonly ConsumerTroubles troubles = new();
    private readonly Dictionary<string, string?> settings = [];

    private NotesPlatform? platform;

    private protected NotesPlatform Platform => platform ?? throw new InvalidOperationException("Start the platform first.");

    private protected ConsumerTroubles Troubles => troubles;

    private protected Dictionary<string, string?> Settings => settings;

    /// <summary>A database that nobody uses yet.</summary>
    protected abstract Task<string> NewDatabaseAsync(string role);

    /// <summary>How many dead letters an event leaves that both targets give up.</summary>
    private protected virtual int DeadLettersOfOne => 1;

    /// <summary>What chooses the transport.</summary>
    protected abstract Task<IReadOnlyDictionary<string, string?>> TransportAsync();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        if (platform is not null)
            await platform.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Event_committed_reaches_every_subscriber_and_its_row_is_marked()
    {
        await StartAsync();
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 3);
        await BothNotedAsync(conversation, [1, 2, 3]);
        await NotesPlatform.UntilAsync(async () => (await Platform.OutboxAsync()).All(row => row.DeliveredAt is not null), "all rows are marked delivered");
    }

    [Fact]
    public async Task Event_of_a_failed_unit_of_work_is_never_published()
    {
        await StartAsync();
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 1, fail: true);
        await Platform.PublishAsync(conversation, 2, 1);
        await BothNotedAsync(conversation, [2]);
        Assert.Single(await Platform.OutboxAsync());
    }

    [Fact]
    public async Task Consumer_that_fails_is_tried_again_and_the_others_have_their_effect_once()
    {
        await StartAsync();
        var failures = 3;
        troubles.At = (target, message) =>
        {
            if (target == "beta" && message.Sequence == 1 && failures-- > 0)
                throw new InvalidOperationException("Beta has its troubles.");
        };
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 1);
        await BothNotedAsync(conversation, [1]);
    }

    [Fact]
    public async Task Events_of_one_key_keep_their_order_when_one_of_them_fails_at_first()
    {
        await StartAsync();
        var failures = 2;
        troubles.At = (target, message) =>
        {
            if (target == "alpha" && message.Sequence == 2 && failures-- > 0)
                throw new InvalidOperationException("The second message fails twice.");
        };
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 10);
        await Platform.PublishAsync(conversation, 11, 10);
        await BothNotedAsync(conversation, [.. Enumerable.Range(1, 20)]);
    }

    [Fact]
    public async Task Event_that_keeps_failing_does_not_hold_up_other_keys()
    {
        await StartAsync();
        var (bad, good) = (Guid.NewGuid(), Guid.NewGuid());
        troubles.At = (_, message) =>
        {
            if (message.ConversationId == bad)
                throw new InvalidOperationException("This conversation always fails.");
        };
        await Platform.PublishAsync(bad, 1, 1);
        await Platform.PublishAsync(good, 1, 5);
        await BothNotedAsync(good, [1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task Outage_that_goes_on_is_told_with_its_cause_and_gives_no_event_up()
    {
        settings["Messaging:MostAttempts"] = "2";
        settings["Messaging:LongestOutagePause"] = "00:00:00.1";
        await StartAsync();
        var isAway = true;
        troubles.At = (target, _) =>
        {
            if (isAway && target == "beta")
                throw new TransportAwayException("What beta needs is away.", null);
        };
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 2);
        await NotesPlatform.UntilAsync(
            () => Task.FromResult(troubles.Log.Lines.Any(line => line.Event is "consumer_waits" or "outbox_waits" && line.Text.Contains("What beta needs is away.", StringComparison.Ordinal))),
            "the wait is told");
        isAway = false;
        await BothNotedAsync(conversation, [1, 2]);
    }

    [Fact]
    public async Task Event_given_up_is_a_dead_letter_until_it_is_replayed_and_the_next_of_its_key_goes_on()
    {
        settings["Messaging:MostAttempts"] = "3";
        await StartAsync();
        var conversation = Guid.NewGuid();
        troubles.At = (_, message) =>
        {
            if (message.Sequence == 1)
                throw new InvalidOperationException("The first message is poison.");
        };
        var published = await Platform.PublishAsync(conversation, 1, 2);
        await BothNotedAsync(conversation, [2]);
        await NotesPlatform.UntilAsync(async () => (await Platform.DeadLettersAsync()).Count >= DeadLettersOfOne, "the poison is a dead letter");
        var dead = await Platform.DeadLettersAsync();
        Assert.All(dead, letter =>
        {
            Assert.Equal("The first message is poison.", letter.Error);
            Assert.Equal(3, letter.Attempts);
            Assert.Contains(published[0].MessageId.ToString(), letter.Envelope.Payload, StringComparison.Ordinal);
        });
        troubles.At = (_, _) => { };
        Assert.Equal(dead.Count, await Platform.ReplayAsync(dead[0].Envelope.MessageId));
        await BothNotedAsync(conversation, [2, 1]);
        Assert.Empty(await Platform.DeadLettersAsync());
    }

    [Fact]
    public async Task Dead_letters_of_other_tenants_are_neither_seen_nor_replayed()
    {
        settings["Messaging:MostAttempts"] = "1";
        await StartAsync();
        troubles.At = (_, _) => throw new InvalidOperationException("Poison.");
        await Platform.PublishAsync(Guid.NewGuid(), 1, 1);
        await NotesPlatform.UntilAsync(async () => (await Platform.DeadLettersAsync()).Count >= DeadLettersOfOne, "the poison is a dead letter");
        Assert.Empty(await Platform.DeadLettersAsync("umbrella"));
        Assert.Equal(0, await Platform.ReplayAsync(null, "umbrella"));
        Assert.Equal(DeadLettersOfOne, (await Platform.DeadLettersAsync()).Count);
    }

    [Fact]
    public async Task Dead_letter_thrown_away_is_gone_and_only_its_own_tenant_may()
    {
        settings["Messaging:MostAttempts"] = "1";
        await StartAsync();
        troubles.At = (_, _) => throw new InvalidOperationException("Poison.");
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 2);
        await NotesPlatform.UntilAsync(async () => (await Platform.DeadLettersAsync()).Count >= 2 * DeadLettersOfOne, "the poison is dead letters");
        var gone = (await Platform.DeadLettersAsync())[0].Envelope.MessageId;
        Assert.Equal(0, await Platform.DiscardAsync(new DeadLetterOwner("umbrella", IsOperator: true), gone));
        Assert.Equal(0, await Platform.DiscardAsync(new DeadLetterOwner(NotesPlatform.Tenant, IsOperator: true), null, unreadable: true));
        Assert.Equal(DeadLettersOfOne, await Platform.DiscardAsync(new DeadLetterOwner(NotesPlatform.Tenant, IsOperator: false), gone));
        var left = await Platform.DeadLettersAsync();
        Assert.Equal(DeadLettersOfOne, left.Count);
        Assert.DoesNotContain(left, letter => letter.Envelope.MessageId == gone);
    }

    [Fact]
    public async Task Events_left_by_a_process_that_ended_are_published_by_the_next()
    {
        await StartAsync();
        troubles.At = (_, _) => throw new InvalidOperationException("Nothing gets through before the restart.");
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 5);
        await NotesPlatform.UntilAsync(() => Task.FromResult(!troubles.Deliveries.IsEmpty), "a delivery was tried");
        await Platform.StopAsync();
        troubles.At = (_, _) => { };
        await StartAsync();
        await BothNotedAsync(conversation, [1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task Message_published_twice_has_its_effect_once()
    {
        await StartAsync();
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 1);
        await BothNotedAsync(conversation, [1]);
        var envelope = (await Platform.OutboxAsync())[0].ToEnvelope();
        await Platform.Host("alpha").Services.GetRequiredService<IEventTransport>().PublishAsync(envelope, TestContext.Current.CancellationToken);
        await Platform.PublishAsync(conversation, 2, 1);
        await BothNotedAsync(conversation, [1, 2]);
    }

    [Fact]
    public async Task Messages_repeated_late_and_in_the_wrong_order_have_no_effect()
    {
        await StartAsync();
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 4);
        await BothNotedAsync(conversation, [1, 2, 3, 4]);
        foreach (var row in Enumerable.Reverse(await Platform.OutboxAsync()))
            await Platform.Host("alpha").Services.GetRequiredService<IEventTransport>().PublishAsync(row.ToEnvelope(), TestContext.Current.CancellationToken);
        await Platform.PublishAsync(conversation, 5, 1);
        await BothNotedAsync(conversation, [1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task Event_too_large_to_travel_is_refused_with_what_it_tells_of()
    {
        await StartAsync();
        var host = Platform.Host("alpha");
        await using var scope = host.Services.CreateAsyncScope();
        var message = new CustomerMessageReceived(Guid.NewGuid(), Guid.NewGuid(), 1, new string('x', OutboxMessage.MostBytes), null, DateTimeOffset.UtcNow);
        var refused = Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<NotesDb>().Publish(message, message.At));
        Assert.Contains($"{CustomerMessageReceived.WireName} of {message.ConversationId} has", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_keys_at_once_all_arrive_in_order()
    {
        await StartAsync();
        var conversations = Enumerable.Range(0, 40).Select(_ => Guid.NewGuid()).ToList();
        for (var round = 0; round < 5; round++)
            await Task.WhenAll(conversations.Select(conversation => Platform.PublishAsync(conversation, (round * 2) + 1, 2)));
        foreach (var conversation in conversations)
            await BothNotedAsync(conversation, [.. Enumerable.Range(1, 10)]);
    }

    private protected async Task StartAsync()
    {
        if (platform is null)
        {
            foreach (var (name, value) in await TransportAsync())
                settings.TryAdd(name, value);
            platform = new NotesPlatform(
                troubles,
                new Dictionary<string, string> { ["alpha"] = await NewDatabaseAsync("alpha"), ["beta"] = await NewDatabaseAsync("beta") },
                settings);
        }

        await platform.StartAsync();
    }

    private protected async Task BothNotedAsync(Guid conversation, int[] sequences)
    {
        string[] roles = ["alpha", "beta"];
        foreach (var role in roles)
        {
            await NotesPlatform.UntilAsync(
                async () => (await Platform.NotesAsync(role, conversation)).Count >= sequences.Length,
                async () => $"{role} noted {sequences.Length} messages; it noted {string.Join(' ', await Platform.NotesAsync(role, conversation))}, {(await Platform.OutboxAsync()).Count(row => row.DeliveredAt is null)} wait in the outbox",
                seconds: 120);
        }

        // Only now: what one of them does twice may come while the other is still tried.
        foreach (var role in roles)
            Assert.Equal(sequences, await Platform.NotesAsync(role, conversation));
    }
}

/// <summary>The process-local dispatcher, on SQLite.</summary>
public sealed class LocalDispatcherCompliance : TransportCompliance
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-transport-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    protected override Task<string> NewDatabaseAsync(string role) => Task.FromResult($"Data Source={Path.Combine(folder, role + ".db")}");

    protected override Task<IReadOnlyDictionary<string, string?>> TransportAsync() =>
        Task.FromResult<IReadOnlyDictionary<string, string?>>(new Dictionary<string, string?>());
}
