using System.Data;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Relais.Common.Failures;
using Relais.Common.Messaging;
using Relais.Common.Requests;
using Relais.Common.Security;

namespace Relais.Common.Data;

/// <summary>
/// One transaction: state, outgoing events and the answered request are saved together, or not at all when the work ends
/// in a failure. The events leave as soon as they are durable.
/// </summary>
public sealed class UnitOfWork<TDb>(TDb db, WriteGate gate, OutboxQueue queue, CallerContext caller, TimeProvider clock)
    where TDb : ServiceDb
{
    // Two writers of one row: the second reads again and decides anew.
    private const int Attempts = 8;

    private readonly List<Action> afterCommit = [];

    /// <summary>As whose the caller's request ids are known.</summary>
    public string Subject => caller.Caller switch
    {
        { ConversationId: { } conversation } => conversation.ToString(),
        { SubjectId: var subject } when subject != Guid.Empty => subject.ToString(),
        var other => other.Kind.ToString(),
    };

    /// <summary>Runs once the transaction is durable: wakes who waits for its outcome. It must not fail.</summary>
    public void AfterCommit(Action action) => afterCommit.Add(action);

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction and saves. The work reads what it decides on inside itself, since it
    /// runs again when somebody else was faster or the connection was lost; it does no I/O but the database's. Work that
    /// answers with an etag saves before it reads the etag: saving is what moves the revision.
    /// </summary>
    /// <exception cref="CommitUnconfirmedException">The connection was lost during the commit.</exception>
    public Task<Outcome<T>> WriteAsync<T>(Func<CancellationToken, Task<Outcome<T>>> work, CancellationToken cancellationToken) =>
        WriteAsync(work, canFindOut: false, cancellationToken);

    /// <param name="canFindOut">Whether the work notices that it was done before, so that a commit without an answer can be repeated.</param>
    internal async Task<Outcome<T>> WriteAsync<T>(
        Func<CancellationToken, Task<Outcome<T>>> work, bool canFindOut, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            try
            {
                return await TryWriteAsync(work, cancellationToken);
            }
            catch (Exception failure) when (attempt < Attempts && DatabaseTroubles.Of(failure) == DatabaseTrouble.Race)
            {
                // Somebody else changed a row that this work read, or added the one it was about to add: read again.
                // Many writers of one row come apart; milliseconds are as long as such a transaction takes.
                pause = TimeSpan.FromMilliseconds(5 * attempt * Random.Shared.NextDouble());
            }
            catch (Exception failure) when ((canFindOut || failure is not CommitUnconfirmedException)
                && Stopwatch.GetElapsedTime(began) < PatientReads.Patience && DatabaseTroubles.Of(failure) == DatabaseTrouble.Away)
            {
                // The connection is gone, and with it what this transaction did.
                pause = PatientReads.PauseBefore(attempt + 1);
            }

            db.ChangeTracker.Clear();
            afterCommit.Clear();
            await Task.Delay(pause, cancellationToken);
        }
    }

    /// <summary>Like <see cref="WriteAsync{T}"/>, for a request with a <c>request_id</c>: repeated, it is answered again without effect.</summary>
    /// <param name="requestId">The caller's own key for this request; empty for none.</param>
    public Task<Outcome<TResponse>> OnceAsync<TResponse>(
        string requestId, IMessage request, Func<CancellationToken, Task<Outcome<TResponse>>> work, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>, new()
    {
        if (requestId.Length == 0)
            return WriteAsync(work, cancellationToken);
        if (new Check().RequestId(requestId).Failure is { } failure)
            return Task.FromResult<Outcome<TResponse>>(failure);
        var subject = Subject;
        var fingerprint = Fingerprint(request);
        return WriteAsync<TResponse>(async ct =>
        {
            if (await AnsweredAsync(ct) is { } before)
                return before;
            var outcome = await work(ct);
            if (outcome.Failure is not null)
            {
                // The first try of this request may have been committed meanwhile, and what the work saw was its effect.
                if (await AnsweredAsync(ct) is not { } meanwhile)
                    return outcome;
                db.ChangeTracker.Clear();
                afterCommit.Clear();
                return meanwhile;
            }

            db.AnsweredRequests.Add(new AnsweredRequest
            {
                Subject = subject,
                RequestId = requestId,
                Fingerprint = fingerprint,
                Response = outcome.Value.ToByteArray(),
                At = clock.GetUtcNow(),
            });
            return outcome;
        }, canFindOut: true, cancellationToken);

        async Task<Outcome<TResponse>?> AnsweredAsync(CancellationToken ct)
        {
            var answered = await ServiceQueries.Of(db).Answered(db, subject, requestId, ct);
            if (answered is null)
                return null;
            return answered.Fingerprint.AsSpan().SequenceEqual(fingerprint)
                ? new MessageParser<TResponse>(() => new TResponse()).ParseFrom(answered.Response)
                : new Failure(FailureKind.AlreadyExists, "request_id.reused",
                    "This requestId was used for another request. Use a new one for each request; repeat it only with the same content.");
        }
    }

    /// <summary>
    /// The answer that a request with this id got, whatever it asked; null where there is none. For use cases that call
    /// another service before they write: what they ask of it must be the same when they are repeated.
    /// </summary>
    public async Task<TResponse?> FindAnswerAsync<TResponse>(string requestId, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>, new()
    {
        if (requestId.Length == 0)
            return null;
        var answered = await ServiceQueries.Of(db).Answered(db, Subject, requestId, cancellationToken);
        return answered is null ? null : new MessageParser<TResponse>(() => new TResponse()).ParseFrom(answered.Response);
    }

    /// <summary>What remembers that this caller's request was answered so; null without a request id. For who saves it themself.</summary>
    public AnsweredRequest? AnswerOf(string requestId, IMessage request, IMessage response) => requestId.Length == 0 ? null : new AnsweredRequest
    {
        Subject = Subject,
        RequestId = requestId,
        Fingerprint = Fingerprint(request),
        Response = response.ToByteArray(),
        At = clock.GetUtcNow(),
    };

    private async Task<Outcome<T>> TryWriteAsync<T>(Func<CancellationToken, Task<Outcome<T>>> work, CancellationToken cancellationToken)
    {
        List<OutboxMessage> published;
        Outcome<T> outcome;
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            try
            {
                outcome = await work(cancellationToken);
                if (outcome.Failure is not null)
                {
                    db.ChangeTracker.Clear();
                    afterCommit.Clear();
                    return outcome;
                }

                // From here on the caller's patience does not matter: what is being saved is saved.
                await db.SaveChangesAsync(CancellationToken.None);
            }
            catch (InvalidOperationException failure) when (db.Database.GetDbConnection().State != ConnectionState.Open)
            {
                // Found broken between two statements; the next one only hears that there is no transaction any more.
                throw new ConnectionLostException(failure);
            }

            // Also those that the work has saved itself; the next unit of this scope must not find them again.
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            published = [.. db.ChangeTracker.Entries<OutboxMessage>().Select(entry => entry.Entity).OrderBy(message => message.Position)];
            db.ChangeTracker.AutoDetectChangesEnabled = true;
            foreach (var message in published)
                db.Entry(message).State = EntityState.Detached;
            await CommitAsync(transaction);
            // Inside the gate, so that the queue has them in the order of their positions.
            queue.Add(published);
        }

        foreach (var action in afterCommit)
            action();
        afterCommit.Clear();
        return outcome;
    }

    private static async Task CommitAsync(IDbContextTransaction transaction)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception failure) when (DatabaseTroubles.Of(failure) == DatabaseTrouble.Away && !DatabaseTroubles.HadEnded(failure))
        {
            throw new CommitUnconfirmedException(failure);
        }
    }

    private static byte[] Fingerprint(IMessage request) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(request.Descriptor.FullName), 0, .. request.ToByteArray()]);
}
