using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Contract.Coordination;
using Relais.Contract.Hosting;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge;
using KnowledgeClient = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeClient;

namespace Relais.Contract.Data;

/// <summary>Many writers of the same thing at once on PostgreSQL.</summary>
public sealed class Races
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Same_external_id_created_at_once_exists_once_and_the_others_hear_why()
    {
        await using var target = await LoneTarget.StartAsync(() => new KnowledgeTarget(), provider: "Postgres");
        var author = new KnowledgeClient(target.Call(target.Keys.Staff("acme", Roles.CommunityManager)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async number =>
        {
            try
            {
                await author.CreateArticleAsync(new CreateArticleRequest { Title = $"Title {number}", Body = "Text.", Locale = "en", ExternalId = "faq/1" }, cancellationToken: Stop);
                return "created";
            }
            catch (RpcException refused)
            {
                return $"{refused.StatusCode} {FailureStatus.CodeOf(refused)}";
            }
        }));
        Assert.Single(answers, "created");
        Assert.Equal(15, answers.Count(answer => answer == "AlreadyExists article.external_id_taken"));
    }

    [Fact]
    public async Task Same_request_sent_at_once_has_one_effect_and_one_answer()
    {
        await using var target = await LoneTarget.StartAsync(() => new KnowledgeTarget(), provider: "Postgres");
        var author = new KnowledgeClient(target.Call(target.Keys.Staff("acme", Roles.CommunityManager)));
        var request = new CreateArticleRequest { RequestId = "r1", Title = "Title", Body = "Text.", Locale = "en" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ => await author.CreateArticleAsync(request, cancellationToken: Stop)));
        Assert.Single(answers.Distinct());
        Assert.Equal(1, (await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).TotalSize);
    }

    [Fact]
    public async Task Repetition_that_runs_into_the_effect_of_its_first_try_gets_that_ones_answer()
    {
        await using var replica = await Replica.StartAsync(new Dictionary<string, string?> { ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync() });
        var request = new StringValue { Value = "resolve" };
        var second = await replica.OnceAsync<StringValue>("r1", request, async () =>
        {
            // The repetition has found no answer yet; now the first try is committed.
            await replica.OnceAsync<StringValue>("r1", request, () => Task.FromResult<Outcome<StringValue>>(new StringValue { Value = "resolved" }));
            return Failure.Precondition("already_resolved", "It is resolved already.");
        });
        Assert.Equal("resolved", second.Value.Value);
    }

    [Fact]
    public async Task Deadlock_is_resolved_by_beginning_anew()
    {
        await using var replica = await Replica.StartAsync(new Dictionary<string, string?> { ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync() });
        await replica.WriteAsync(db => db.Marks.AddRangeAsync(new Mark { Token = 1, Text = "a" }, new Mark { Token = 2, Text = "b" }));
        using var bothHoldOne = new Barrier(2);
        await Task.WhenAll(TakeAsync(1, 2), TakeAsync(2, 1));
        await using var read = replica.OpenDb();
        Assert.Equal(["a++", "b++"], await read.Marks.OrderBy(mark => mark.Token).Select(mark => mark.Text).ToListAsync(Stop));

        Task TakeAsync(long first, long second)
        {
            var attempt = 0;
            return Task.Run(() => replica.WriteAsync(async db =>
            {
                await AppendAsync(db, first);
                if (attempt++ == 0)
                    bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(10), Stop);
                await AppendAsync(db, second);
            }), Stop);
        }

        static Task AppendAsync(MarksDb db, long token) => db.Marks.Where(mark => mark.Token == token)
            .ExecuteUpdateAsync(row => row.SetProperty(mark => mark.Text, mark => mark.Text + "+"), Stop);
    }

    [Fact]
    public async Task Writers_of_a_row_that_they_read_to_change_it_take_turns()
    {
        await using var replica = await Replica.StartAsync(new Dictionary<string, string?> { ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync() });
        await replica.WriteAsync(db => db.Marks.AddAsync(new Mark { Token = 1, Text = "" }, Stop).AsTask());
        var attempts = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => replica.WriteAsync(async db =>
        {
            Interlocked.Increment(ref attempts);
            var mark = await db.Marks.TagWith(RowLocks.ForUpdate).SingleAsync(mark => mark.Token == 1, Stop);
            var text = mark.Text + "+";
            // Long enough for the others to come: without the lock they would all append to the same text.
            await Task.Delay(20, Stop);
            await db.Marks.Where(row => row.Token == 1).ExecuteUpdateAsync(row => row.SetProperty(changed => changed.Text, text), Stop);
        })));
        await using var read = replica.OpenDb();
        Assert.Equal("++++++++", (await read.Marks.SingleAsync(Stop)).Text);
        Assert.Equal(8, attempts);
    }

    [Fact]
    public async Task Transaction_that_stood_still_too_long_loses_its_locks_and_begins_anew()
    {
        await using var replica = await Replica.StartAsync(new Dictionary<string, string?>
        {
            ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync(),
            ["Database:IdleTransactionTimeout"] = "00:00:01",
        });
        var attempts = 0;
        await replica.WriteAsync(async db =>
        {
            db.Marks.Add(new Mark { Token = 1, Text = "once" });
            await db.SaveChangesAsync(Stop);
            if (attempts++ == 0)
                await Task.Delay(1_500, Stop);
        });
        // A slow machine may stand still once more.
        Assert.InRange(attempts, 2, int.MaxValue);
        await using var read = replica.OpenDb();
        Assert.Equal("once", (await read.Marks.SingleAsync(Stop)).Text);
    }

    [Fact]
    public async Task Writer_that_loses_every_time_is_told_to_repeat()
    {
        await using var replica = await Replica.StartAsync(new Dictionary<string, string?> { ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync() });
        var lost = await Assert.ThrowsAnyAsync<Exception>(() => replica.WriteAsync(db =>
            db.Database.ExecuteSqlRawAsync("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$", Stop)));
        var failure = DatabaseTroubles.ToFailure(lost);
        Assert.Equal((FailureKind.Stale, "write.conflict"), (failure!.Kind, failure.Code));
    }

    [Theory]
    [InlineData(PostgresErrorCodes.DeadlockDetected, "write.conflict")]
    [InlineData(PostgresErrorCodes.UniqueViolation, "write.conflict")]
    [InlineData(PostgresErrorCodes.AdminShutdown, "database.unavailable")]
    [InlineData(PostgresErrorCodes.TooManyConnections, "database.unavailable")]
    [InlineData(PostgresErrorCodes.DiskFull, "database.unavailable")]
    [InlineData(PostgresErrorCodes.SyntaxError, null)]
    [InlineData(PostgresErrorCodes.NotNullViolation, null)]
    public void Error_of_the_database_is_told_as_what_a_caller_can_do(string state, string? code) =>
        Assert.Equal(code, DatabaseTroubles.ToFailure(new DbUpdateException("wrapped", new PostgresException("message", "ERROR", "ERROR", state)))?.Code);
}
