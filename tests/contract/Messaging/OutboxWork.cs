using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Routing;
using Relais.Routing.Data;
using Relais.Routing.Shards;

namespace Relais.Contract.Messaging;

/// <summary>What runs in a target all the time goes on, whatever its database answers.</summary>
public sealed class OutboxWork
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("the outbox's figures")]
    [InlineData("housekeeping")]
    [InlineData("housekeeping of decisions")]
    public async Task Work_now_and_then_survives_what_nobody_expected_of_the_database(string what)
    {
        var looks = 0;
        using var work = what switch
        {
            "the outbox's figures" => new OutboxWatch<NotesDb>(Services(Look<NotesDb>), new TargetIdentity("test"), new HastyClock(), NullLogger<OutboxWatch<NotesDb>>.Instance),
            "housekeeping" => new Housekeeping<NotesDb>(
                Services(Look<NotesDb>), new WriteGate(oneAtATime: false), new MessagingOptions(), new HastyClock(), NullLogger<Housekeeping<NotesDb>>.Instance),
            _ => (BackgroundService)new Relais.Routing.Shards.Housekeeping(
                Look<RoutingDb>, new WriteGate(oneAtATime: false), new RoutingOptions(), new HastyClock(), NullLogger<Relais.Routing.Shards.Housekeeping>.Instance),
        };
        await work.StartAsync(Stop);
        await NotesPlatform.UntilAsync(() => Task.FromResult(Volatile.Read(ref looks) > 2), "it looks again");
        Assert.False(work.ExecuteTask!.IsCompleted);
        await work.StopAsync(Stop);
        Assert.True(work.ExecuteTask.IsCompletedSuccessfully);

        TDb Look<TDb>()
        {
            Interlocked.Increment(ref looks);
            throw new InvalidOperationException("Nobody expected this.");
        }
    }

    [Fact]
    public async Task Relay_looks_and_marks_again_after_what_nobody_expected_of_the_database()
    {
        var outbox = new ScriptedOutbox { FailuresToFind = 3, FailuresToMark = 3 };
        outbox.Rows.Add(ScriptedOutbox.Row(1));
        var dispatcher = new LocalDispatcher();
        dispatcher.Open();
        using var relay = new OutboxRelay(
            outbox, new OutboxQueue(), dispatcher, new MessagingOptions { SweepInterval = TimeSpan.FromMilliseconds(100) }, TimeProvider.System, NullLogger<OutboxRelay>.Instance);
        await relay.StartAsync(Stop);
        await NotesPlatform.UntilAsync(() => Task.FromResult(outbox.Marked.Count == 1), "the row is found and marked");
        Assert.Equal((-1, -1), (outbox.FailuresToFind, outbox.FailuresToMark));
        await relay.StopAsync(Stop);
        Assert.True(relay.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Relay_asks_and_tries_nothing_and_takes_no_more_than_one_search_while_the_transport_is_away()
    {
        const int Room = 3;
        var outbox = new ScriptedOutbox();
        var queue = new OutboxQueue();
        var transport = new ScriptedTransport();
        var rows = Enumerable.Range(1, 4 * Room).Select(position => ScriptedOutbox.Row(position)).ToList();
        using var relay = new OutboxRelay(
            outbox, queue, transport, new MessagingOptions { SweepSize = Room, SweepInterval = TimeSpan.FromMilliseconds(100) }, TimeProvider.System,
            NullLogger<OutboxRelay>.Instance);
        queue.Add(rows);
        await relay.StartAsync(Stop);
        await NotesPlatform.UntilAsync(() => Task.FromResult(outbox.Searches > 5), "it has searched for longer than a first pause");
        Assert.Equal((0, 0), (outbox.Questions, transport.Tries));

        // What was left is nowhere but in the outbox.
        transport.Return();
        await NotesPlatform.UntilAsync(() => Task.FromResult(outbox.Marked.Count == Room), "what it kept is published");
        var searches = outbox.Searches;
        await NotesPlatform.UntilAsync(() => Task.FromResult(outbox.Searches > searches + 5), "it has searched again");
        Assert.Equal(Room, transport.Tries);
        foreach (var row in rows)
            outbox.Rows.Add(row);
        await NotesPlatform.UntilAsync(() => Task.FromResult(outbox.Marked.Count == rows.Count), "what it left is published");
        Assert.Equal(rows.Count, transport.Tries);
        await relay.StopAsync(Stop);
    }

    private static ServiceProvider Services<TDb>(Func<TDb> open) where TDb : class => new ServiceCollection().AddSingleton(open).BuildServiceProvider();

    // Every pause is over at once.
    private sealed class HastyClock : TimeProvider
    {
        private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Moment, Moment);
    }
}

/// <summary>Away until a test has it return.</summary>
internal sealed class ScriptedTransport : IEventTransport
{
    private readonly TaskCompletionSource reachable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int tries;

    public int Tries => Volatile.Read(ref tries);

    public void Return() => reachable.SetResult();

    public Task WhenReachableAsync(CancellationToken cancellationToken) => reachable.Task.WaitAsync(cancellationToken);

    public Task PublishAsync(EventEnvelope envelope, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref tries);
        return reachable.Task.IsCompleted ? Task.CompletedTask : throw new TransportAwayException("Away on purpose.", null);
    }

    public void Subscribe(Subscription subscription)
    {
    }
}

/// <summary>An outbox that replicas share, as its relay sees it, and that fails as often as a test wants.</summary>
internal sealed class ScriptedOutbox : OutboxStore
{
    private int failuresToFind;
    private int failuresToMark;
    private int questions;
    private int searches;

    /// <summary>What a sweep finds.</summary>
    public ConcurrentBag<OutboxMessage> Rows { get; } = [];

    /// <summary>In the order in which they were marked.</summary>
    public ConcurrentQueue<long> Marked { get; } = [];

    public int FailuresToFind { get => failuresToFind; init => failuresToFind = value; }

    public int FailuresToMark { get => failuresToMark; init => failuresToMark = value; }

    /// <summary>How often it was asked what goes before a row.</summary>
    public int Questions => Volatile.Read(ref questions);

    public int Searches => Volatile.Read(ref searches);

    public override bool IsShared => true;

    public override TimeSpan MarkInterval => TimeSpan.Zero;

    public static OutboxMessage Row(long position) => new()
    {
        Position = position, Id = Guid.NewGuid(), Name = "test", Key = $"key {position}", Payload = "{}", OccurredAt = DateTimeOffset.UtcNow,
    };

    public override Task<List<OutboxMessage>> FindAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref searches);
        Fail(ref failuresToFind);
        return Task.FromResult(Rows.Where(row => !Marked.Contains(row.Position)).OrderBy(row => row.Position).ToList());
    }

    public override Task<ILookup<long, long>> FindOlderAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref questions);
        return Task.FromResult(Array.Empty<long>().ToLookup(position => position));
    }

    public override Task MarkAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken)
    {
        Fail(ref failuresToMark);
        foreach (var row in rows)
            Marked.Enqueue(row.Position);
        return Task.CompletedTask;
    }

    public override Task LeaveAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("Nobody expected this.");

    private static void Fail(ref int failures)
    {
        if (failures >= 0 && Interlocked.Decrement(ref failures) >= 0)
            throw new InvalidOperationException("Nobody expected this.");
    }
}
