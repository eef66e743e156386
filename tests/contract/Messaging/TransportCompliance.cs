using Relais.Common.Messaging;

namespace Relais.Contract.Messaging;

/// <summary>What services may rely on, whichever transport carries their events.</summary>
public abstract class TransportCompliance : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-transport-").FullName;
    private readonly ConsumerTroubles troubles = new();
    private readonly Dictionary<string, string?> settings = [];

    private NotesPlatform? platform;

    private NotesPlatform Platform => platform ?? throw new InvalidOperationException("Start the platform first.");

    /// <summary>A new transport, and what lets it deliver once every target has subscribed.</summary>
    protected abstract (IEventTransport Transport, Action Open) CreateTransport();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (platform is not null)
            await platform.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
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
    public async Task Event_given_up_stays_in_the_outbox_and_the_next_of_its_key_goes_on()
    {
        settings["Messaging:MostAttempts"] = "3";
        await StartAsync();
        var conversation = Guid.NewGuid();
        troubles.At = (_, message) =>
        {
            if (message.Sequence == 1)
                throw new InvalidOperationException("The first message is poison.");
        };
        await Platform.PublishAsync(conversation, 1, 2);
        await BothNotedAsync(conversation, [2]);
        await NotesPlatform.UntilAsync(
            async () => (await Platform.OutboxAsync())[0] is { DeadAt: not null, DeliveredAt: null, Attempts: 3, LastError: "The first message is poison." },
            "the poison row is kept as given up");
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
        var transport = await StartAsync();
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 1);
        await BothNotedAsync(conversation, [1]);
        var envelope = (await Platform.OutboxAsync())[0].ToEnvelope();
        await transport.PublishAsync(envelope, TestContext.Current.CancellationToken);
        await Platform.PublishAsync(conversation, 2, 1);
        await BothNotedAsync(conversation, [1, 2]);
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

    private async Task<IEventTransport> StartAsync()
    {
        var (transport, open) = CreateTransport();
        platform = new NotesPlatform(folder, troubles, settings);
        await platform.StartAsync(transport, open);
        return transport;
    }

    private async Task BothNotedAsync(Guid conversation, int[] sequences)
    {
        foreach (var target in new[] { 0, 1 })
        {
            await NotesPlatform.UntilAsync(
                async () => (await Platform.NotesAsync(target, conversation)).Count >= sequences.Length, $"target {target} noted {sequences.Length} messages");
            Assert.Equal(sequences, await Platform.NotesAsync(target, conversation));
        }
    }
}

/// <summary>The process-local dispatcher.</summary>
public sealed class LocalDispatcherCompliance : TransportCompliance
{
    protected override (IEventTransport Transport, Action Open) CreateTransport()
    {
        var dispatcher = new LocalDispatcher();
        return (dispatcher, dispatcher.Open);
    }
}
