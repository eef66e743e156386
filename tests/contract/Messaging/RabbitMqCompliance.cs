using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RabbitMQ.Client;
using Relais.AppHost.Local;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;

namespace Relais.Contract.Messaging;

/// <summary>RabbitMQ, on PostgreSQL: what every transport must do, and what only happens to targets in processes of their own.</summary>
[Collection(RabbitMq.Collection)]
public sealed class RabbitMqCompliance : TransportCompliance
{
    // A node of RabbitMQ 3.10 writes the directory of its quorum queues with a delay, and one that is killed before never
    // elects a leader for them.
    private static readonly TimeSpan QueuesWritten = TimeSpan.FromSeconds(4);

    private RabbitMqServer? server;

    private protected override int DeadLettersOfOne => 2;

    private RabbitMqServer Server => server ?? throw new InvalidOperationException("Start the platform first.");

    public override async ValueTask DisposeAsync()
    {
        if (server is null)
            return;
        var targets = Platform.TargetNames;
        await base.DisposeAsync();
        // The next tests' events would be kept for these targets.
        await WithChannelAsync(async channel =>
        {
            foreach (var queue in targets.SelectMany(target => new[] { $"relais.{target}", $"relais.{target}.dead" }))
            {
                await channel.QueueDeleteAsync(queue, cancellationToken: CancellationToken.None);
                await channel.ExchangeDeleteAsync(queue, cancellationToken: CancellationToken.None);
            }
        });
    }

    [Fact]
    public async Task Broker_stopped_while_events_are_published_loses_none_and_blames_none()
    {
        Settings["Messaging:MostAttempts"] = "2";
        await StartAsync();
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 5);
        await Server.StopAsync();
        await Platform.PublishAsync(conversation, 6, 5);
        await NotesPlatform.UntilAsync(async () => !await NotesPlatform.IsHealthyAsync(Platform.Host("alpha")), "the loss is noticed");
        var transport = Platform.Host("alpha").Services.GetRequiredService<IEventTransport>();
        await NotesPlatform.UntilAsync(() => Task.FromResult(!transport.WhenReachableAsync(TestContext.Current.CancellationToken).IsCompleted), "nobody tries any more");
        await Server.StartAgainAsync(TestContext.Current.CancellationToken);
        await Platform.PublishAsync(conversation, 11, 5);
        await BothNotedAsync(conversation, [.. Enumerable.Range(1, 15)]);
        Assert.DoesNotContain(await Platform.OutboxAsync(), row => row.DeadAt is not null);
        await NotesPlatform.UntilAsync(() => NotesPlatform.IsHealthyAsync(Platform.Host("alpha")), "the return is noticed");
    }

    [Fact]
    public async Task Broker_killed_while_events_are_under_way_loses_none()
    {
        await StartAsync();
        await Task.Delay(QueuesWritten, TestContext.Current.CancellationToken);
        var conversations = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToList();
        var publishing = Task.WhenAll(conversations.Select(async conversation =>
        {
            for (var i = 0; i < 20; i++)
                await Platform.PublishAsync(conversation, i + 1, 1);
        }));
        await NotesPlatform.UntilAsync(() => Task.FromResult(Troubles.Deliveries.Count > 50), "events are under way");
        await Server.KillAsync();
        await publishing;
        await Server.StartAgainAsync(TestContext.Current.CancellationToken);
        foreach (var conversation in conversations)
            await BothNotedAsync(conversation, [.. Enumerable.Range(1, 20)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Replicas_publish_and_consume_side_by_side_in_order_and_once(bool inBulk)
    {
        await StartAsync();
        var alphas = new[] { Platform.Host("alpha"), await Platform.StartAsync("alpha") };
        await Platform.StartAsync("beta");
        var conversations = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToList();
        // Each conversation's events come from both replicas in turn, as fast as they can be committed.
        await Task.WhenAll(conversations.Select(async conversation =>
        {
            for (var i = 0; i < 20; i++)
                await PublishAsync(alphas[i % 2], conversation, i + 1, 1, inBulk);
        }));
        foreach (var conversation in conversations)
            await BothNotedAsync(conversation, [.. Enumerable.Range(1, 20)]);
    }

    [Fact]
    public async Task Replica_that_ends_is_followed_by_the_other_in_order()
    {
        await StartAsync();
        var first = Platform.Host("beta");
        await Platform.StartAsync("beta");
        var conversations = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToList();
        var publishing = Task.WhenAll(conversations.Select(async conversation =>
        {
            for (var i = 0; i < 30; i++)
                await Platform.PublishAsync(conversation, i + 1, 1);
        }));
        await NotesPlatform.UntilAsync(() => Task.FromResult(Troubles.Deliveries.Count > 100), "events are under way");
        await Platform.StopAsync(first);
        await publishing;
        foreach (var conversation in conversations)
            await BothNotedAsync(conversation, [.. Enumerable.Range(1, 30)]);
    }

    /// <summary>What a suspended replica leaves half-done is done by the next; when it wakes up it finds that out.</summary>
    [Fact]
    public async Task Consumer_cut_off_in_the_middle_of_an_effect_does_it_once()
    {
        await StartAsync();
        await Platform.StartAsync("beta");
        await Task.Delay(QueuesWritten, TestContext.Current.CancellationToken);
        var conversation = Guid.NewGuid();
        using var awake = new ManualResetEventSlim();
        var entered = new ConcurrentBag<int>();
        TroubleOnce(1);
        await Platform.PublishAsync(conversation, 1, 3);
        await NotesPlatform.UntilAsync(() => Task.FromResult(!entered.IsEmpty), "the effect has begun");
        await Server.KillAsync();
        await Server.StartAgainAsync(TestContext.Current.CancellationToken);
        await BothNotedAsync(conversation, [1, 2, 3]);
        Assert.NotEqual(0, Troubles.UnderWay);
        awake.Set();
        await NotesPlatform.UntilAsync(() => Task.FromResult(Troubles.UnderWay == 0), "who was woken has ended");
        await Platform.PublishAsync(conversation, 4, 1);
        await BothNotedAsync(conversation, [1, 2, 3, 4]);

        void TroubleOnce(int sequence)
        {
            var first = 1;
            Troubles.At = (target, message) =>
            {
                if (target != "beta" || message.Sequence != sequence || Interlocked.Exchange(ref first, 0) == 0)
                    return;
                entered.Add(sequence);
                awake.Wait(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            };
        }
    }

    /// <summary>More than the replicas keep in memory, and some of it comes while they are catching up.</summary>
    [Fact]
    public async Task Events_that_pile_up_while_the_broker_is_away_are_published_in_order()
    {
        Settings["Messaging:SweepSize"] = "5";
        await StartAsync();
        var alphas = new[] { Platform.Host("alpha"), await Platform.StartAsync("alpha") };
        List<(Guid Id, bool InBulk)> conversations = [.. Enumerable.Range(0, 12).Select(number => (Guid.NewGuid(), number % 2 == 0))];
        await Server.StopAsync();
        await PublishFromBothAsync(1, 20);
        await Server.StartAgainAsync(TestContext.Current.CancellationToken);
        await PublishFromBothAsync(21, 20);
        foreach (var (conversation, _) in conversations)
            await BothNotedAsync(conversation, [.. Enumerable.Range(1, 40)]);

        Task PublishFromBothAsync(int from, int count) => Task.WhenAll(conversations.Select(async conversation =>
        {
            for (var i = from; i < from + count; i++)
                await PublishAsync(alphas[i % 2], conversation.Id, i, 1, conversation.InBulk);
        }));
    }

    [Fact]
    public async Task Events_of_a_replica_that_died_are_published_by_the_other()
    {
        await StartAsync();
        var other = await Platform.StartAsync("alpha");
        var (singly, inBulk) = (Guid.NewGuid(), Guid.NewGuid());
        // As a process leaves it that is killed between its commit and the broker.
        await Server.StopAsync();
        await PublishBothAsync(Platform.Host("alpha"), 1, 3);
        await Platform.StopAsync(Platform.Host("alpha"));
        await PublishBothAsync(other, 4, 2);
        await Server.StartAgainAsync(TestContext.Current.CancellationToken);
        await BothNotedAsync(singly, [1, 2, 3, 4, 5]);
        await BothNotedAsync(inBulk, [1, 2, 3, 4, 5]);

        async Task PublishBothAsync(TargetHost host, int from, int count)
        {
            await NotesPlatform.PublishAsync(host, singly, from, count);
            await NotesPlatform.PublishInBulkAsync(host, inBulk, from, count);
        }
    }

    [Fact]
    public async Task Database_that_writes_nothing_for_a_while_costs_no_event_and_no_order()
    {
        Settings["Messaging:MostAttempts"] = "2";
        await StartAsync();
        var conversation = Guid.NewGuid();
        await WritableAsync(false);
        var published = await Platform.PublishAsync(conversation, 1, 5);
        // Within one delivery it is tried again for three seconds, some ten times; these are three deliveries at least.
        await NotesPlatform.UntilAsync(() => Task.FromResult(Troubles.Deliveries.GetValueOrDefault(published[0].MessageId) > 30), "the delivery failed more often than an event may");
        await WritableAsync(true);
        await BothNotedAsync(conversation, [1, 2, 3, 4, 5]);
        Assert.Empty(await Platform.DeadLettersAsync());

        async Task WritableAsync(bool writable)
        {
            var beta = new NpgsqlConnectionStringBuilder(Platform.Host("beta").Services.GetRequiredService<DatabaseConnection>().ConnectionString);
            await using var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(beta.ToString()) { Database = "postgres" }.ToString());
            await server.OpenAsync(TestContext.Current.CancellationToken);
            await using var change = new NpgsqlCommand(
                $"ALTER DATABASE {beta.Database} SET default_transaction_read_only = {(writable ? "off" : "on")}", server);
            await change.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await using var end = new NpgsqlCommand($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{beta.Database}'", server);
            await end.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Queues_are_measured_on_after_a_measurement_that_failed()
    {
        await StartAsync();
        var measured = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "relais.messaging.queue_depth")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (tags[0].Value is string queue && queue == "relais." + Platform.NameOf("beta") && Interlocked.Increment(ref measured) == 1)
                throw new InvalidOperationException("The first measurement fails on purpose.");
        });
        listener.Start();
        await NotesPlatform.UntilAsync(() => Task.FromResult(Volatile.Read(ref measured) > 1), "the queue is measured again");
        Assert.False(Platform.Host("beta").Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Queue_that_stands_with_other_settings_is_named_and_deleting_it_loses_no_event()
    {
        await StartAsync();
        await Platform.StopAsync(Platform.Host("beta"));
        var queue = $"relais.{Platform.NameOf("beta")}";
        await WithChannelAsync(async channel =>
        {
            await channel.QueueDeleteAsync(queue);
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = 5 });
            await channel.QueueBindAsync(queue, queue, "");
        });
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 3);
        await NotesPlatform.UntilAsync(async () => (await Platform.OutboxAsync()).All(row => row.DeliveredAt is not null), "the queue has them");

        var beta = await Platform.BeginAsync("beta");
        await NotesPlatform.UntilAsync(
            async () => await NotesPlatform.TroubleAsync(beta) is { } told && told.Contains("other settings", StringComparison.Ordinal)
                && told.Contains(queue, StringComparison.Ordinal),
            "the contradiction is told");

        await WithChannelAsync(channel => channel.QueueDeleteAsync(queue));
        await NotesPlatform.UntilAsync(() => NotesPlatform.IsHealthyAsync(beta), "the queue is declared again");
        await Platform.PublishAgainAsync();
        await BothNotedAsync(conversation, [1, 2, 3]);
    }

    [Fact]
    public async Task Event_that_was_given_up_twice_is_one_dead_letter_and_replayed_whole()
    {
        Settings["Messaging:MostAttempts"] = "1";
        await StartAsync();
        Troubles.At = (target, _) =>
        {
            if (target == "beta")
                throw new InvalidOperationException("Poison.");
        };
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 1);
        await DeadAsync(1);
        await Platform.PublishAgainAsync();
        await DeadAsync(2);
        var letter = Assert.Single(await Platform.DeadLettersAsync());
        Troubles.At = (_, _) => { };
        Assert.Equal(1, await Platform.ReplayAsync(letter.Envelope.MessageId));
        await DeadAsync(0);
        await BothNotedAsync(conversation, [1]);

        Task DeadAsync(uint count) => NotesPlatform.UntilAsync(async () =>
        {
            var found = 0u;
            await WithChannelAsync(async channel => found = await channel.MessageCountAsync($"relais.{Platform.NameOf("beta")}.dead"));
            return found == count;
        }, $"the broker keeps {count} copies");
    }

    [Fact]
    public async Task Event_that_the_version_before_does_not_take_waits_for_the_replay_to_all_who_do()
    {
        await StartAsync();
        await Platform.StopAsync(Platform.Host("beta"));
        await Platform.StartAsync("beta", isEarlier: true);
        var conversation = Guid.NewGuid();
        var published = await Platform.PublishAsync(conversation, 1, 2);
        await NotesPlatform.UntilAsync(async () => (await Platform.DeadLettersAsync()).Count == 2, "both are dead letters");
        Assert.All(await Platform.DeadLettersAsync(), letter => Assert.Equal(("This version does not take it.", 0), (letter.Error, letter.Consumers.Count)));

        await Platform.StopAsync(Platform.Host("beta"));
        await Platform.StartAsync("beta");
        Assert.Equal(2, await Platform.ReplayAsync(null));
        await BothNotedAsync(conversation, [1, 2]);
        Assert.All(published, message => Assert.Equal(1, Troubles.Heard.GetValueOrDefault(("beta", message.MessageId))));
        Assert.Empty(await Platform.DeadLettersAsync());
    }

    [Fact]
    public async Task Dead_letter_that_cannot_be_read_is_the_operators_to_see_and_to_throw_away()
    {
        Settings["Messaging:MostAttempts"] = "1";
        await StartAsync();
        var dead = $"relais.{Platform.NameOf("beta")}.dead";
        await WithChannelAsync(async channel =>
        {
            foreach (var body in new[] { "not an event", "nor this", "nor that" })
                await channel.BasicPublishAsync(dead, "", Encoding.UTF8.GetBytes(body));
        });
        Troubles.At = (target, _) =>
        {
            if (target == "beta")
                throw new InvalidOperationException("Poison.");
        };
        var published = await Platform.PublishAsync(Guid.NewGuid(), 1, 1);
        await NotesPlatform.UntilAsync(async () => (await Platform.DeadLettersAsync()).Count == 1, "the poison is a dead letter");

        var seen = await Platform.DeadLettersAsync(isOperator: true);
        Assert.Contains(published[0].MessageId.ToString(), seen[0].Envelope.Payload, StringComparison.Ordinal);
        Assert.Equal(["not an event", "nor this", "nor that"], seen[1..].Select(letter => letter.Envelope.Payload));
        Assert.All(seen[1..], letter => Assert.True(letter.IsUnreadable));
        Assert.Equal(seen.Select(letter => letter.Envelope.MessageId), (await Platform.DeadLettersAsync(isOperator: true)).Select(letter => letter.Envelope.MessageId));

        var unreadable = seen[1].Envelope.MessageId;
        Assert.Equal(0, await Platform.ReplayAsync(unreadable));
        Assert.Equal(0, await Platform.DiscardAsync(new DeadLetterOwner(NotesPlatform.Tenant, IsOperator: false), unreadable, unreadable: true));
        var theOperator = new DeadLetterOwner(NotesPlatform.Tenant, IsOperator: true);
        Assert.Equal(1, await Platform.DiscardAsync(theOperator, unreadable));
        Assert.Equal(2, await Platform.DiscardAsync(theOperator, null, unreadable: true));
        Assert.Equal(seen[0].Envelope.MessageId, Assert.Single(await Platform.DeadLettersAsync(isOperator: true)).Envelope.MessageId);
    }

    [Fact]
    public async Task Age_of_the_oldest_event_that_a_target_does_not_get_done_with_is_measured()
    {
        var ages = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "relais.messaging.queue_oldest")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, age, tags, _) => ages[(string)tags[0].Value!] = age);
        listener.Start();
        await StartAsync();
        var isStuck = true;
        Troubles.At = (target, _) =>
        {
            if (isStuck && target == "beta")
                throw new InvalidOperationException("Beta is stuck.");
        };
        var conversation = Guid.NewGuid();
        await Platform.PublishAsync(conversation, 1, 2);
        await NotesPlatform.UntilAsync(() => Task.FromResult(AgeOf("beta") > 1), "the event has been waiting for a second");
        Assert.DoesNotContain(await Platform.OutboxAsync(), row => row.DeliveredAt is null);
        isStuck = false;
        await BothNotedAsync(conversation, [1, 2]);
        await NotesPlatform.UntilAsync(() => Task.FromResult(AgeOf("beta") is 0), "nothing waits");
        Assert.Equal(0, AgeOf("alpha"));

        double AgeOf(string role)
        {
            listener.RecordObservableInstruments();
            return ages.GetValueOrDefault(Platform.NameOf(role));
        }
    }

    [Fact]
    public async Task Replayed_dead_letter_goes_to_the_consumers_alone_that_had_failed_whatever_the_others_remember()
    {
        Settings["Messaging:MostAttempts"] = "1";
        await StartAsync();
        Troubles.At = (target, _) =>
        {
            if (target == "beta")
                throw new InvalidOperationException("Poison.");
        };
        var conversation = Guid.NewGuid();
        var published = await Platform.PublishAsync(conversation, 1, 1);
        await NotesPlatform.UntilAsync(async () => (await Platform.DeadLettersAsync()).Count == 1, "the poison is a dead letter");
        var letter = Assert.Single(await Platform.DeadLettersAsync());
        Assert.Equal([$"{Platform.NameOf("beta")}/{nameof(NoteMessage)}"], letter.Consumers);
        Assert.Equal(1, Heard());
        // As when it is past its retention.
        await using (var db = Platform.Host("beta").Services.CreateUnscoped<NotesDb>())
            Assert.Equal(1, await db.Inbox.IgnoreQueryFilters().ExecuteDeleteAsync(TestContext.Current.CancellationToken));

        Troubles.At = (_, _) => { };
        Assert.Equal(1, await Platform.ReplayAsync(letter.Envelope.MessageId));
        await BothNotedAsync(conversation, [1]);
        await Platform.PublishAsync(conversation, 2, 1);
        await BothNotedAsync(conversation, [1, 2]);
        Assert.Equal(1, Heard());

        int Heard() => Troubles.Heard.GetValueOrDefault(("beta", published[0].MessageId));
    }

    /// <summary>Such as one that was saved before events had a bound.</summary>
    [Fact]
    public async Task Event_too_large_for_the_broker_is_given_up_and_holds_up_no_other()
    {
        Settings["Messaging:MostAttempts"] = "3";
        await StartAsync();
        var (large, other) = (Guid.NewGuid(), Guid.NewGuid());
        var row = new OutboxMessage
        {
            Id = Guid.NewGuid(), TenantId = NotesPlatform.Tenant, Name = CustomerMessageReceived.WireName, Key = large.ToString(),
            Payload = new string('x', OutboxMessage.MostBytes + 1), OccurredAt = DateTimeOffset.UtcNow,
        };
        await using (var db = Platform.Host("alpha").Services.CreateUnscoped<NotesDb>())
        {
            db.TenantId = NotesPlatform.Tenant;
            db.Outbox.Add(row);
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        await Platform.PublishAsync(large, 1, 3);
        for (var sequence = 1; sequence <= 10; sequence++)
            await Platform.PublishAsync(other, sequence, 1);
        await BothNotedAsync(other, [.. Enumerable.Range(1, 10)]);
        await BothNotedAsync(large, [1, 2, 3]);
        var dead = Assert.Single(await Platform.OutboxAsync(), message => message.DeadAt is not null);
        Assert.Equal((row.Id, 3), (dead.Id, dead.Attempts));
        Assert.Contains($"has {row.Payload.Length} bytes", dead.LastError, StringComparison.Ordinal);
        await NotesPlatform.UntilAsync(() => NotesPlatform.IsHealthyAsync(Platform.Host("alpha")), "the broker takes events");
    }

    private async Task WithChannelAsync(Func<IChannel, Task> use)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(Server.ConnectionString) }.CreateConnectionAsync(CancellationToken.None);
        await using var channel = await connection.CreateChannelAsync();
        await use(channel);
    }

    private static Task PublishAsync(TargetHost host, Guid conversation, int from, int count, bool inBulk) => inBulk
        ? NotesPlatform.PublishInBulkAsync(host, conversation, from, count)
        : NotesPlatform.PublishAsync(host, conversation, from, count);

    [Fact]
    public void Target_of_its_own_without_a_broker_is_a_configuration_problem()
    {
        var problems = new List<(string Target, string Problem)>();
        Assert.Null(TargetHost.Build(new NotesTarget("alpha-alone", Troubles), ["--ConnectionStrings:alpha-alone=Data Source=x.db", "--Platform:ServiceSecret=" + new string('s', 32)], null, null, problems));
        Assert.Equal(("alpha-alone", "ConnectionStrings:rabbitmq is missing. A target in a process of its own needs a broker: amqp://user:password@host:5672/."), Assert.Single(problems));
    }

    [Theory]
    [InlineData("localhost:5672")]
    [InlineData("http://localhost")]
    [InlineData("amqp://localhost/a/b")]
    public void Broker_address_that_is_none_is_a_configuration_problem(string address)
    {
        var problems = new List<(string Target, string Problem)>();
        Assert.Null(TargetHost.Build(
            new NotesTarget("alpha-alone", Troubles),
            ["--ConnectionStrings:alpha-alone=Data Source=x.db", "--Platform:ServiceSecret=" + new string('s', 32), "--ConnectionStrings:rabbitmq=" + address],
            null, null, problems));
        Assert.StartsWith("ConnectionStrings:rabbitmq ", Assert.Single(problems).Problem, StringComparison.Ordinal);
    }

    protected override Task<string> NewDatabaseAsync(string role) => Postgres.NewDatabaseAsync();

    protected override async Task<IReadOnlyDictionary<string, string?>> TransportAsync()
    {
        server = await RabbitMq.ServerAsync();
        return new Dictionary<string, string?> { ["ConnectionStrings:rabbitmq"] = server.ConnectionString };
    }
}
