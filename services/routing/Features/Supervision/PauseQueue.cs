using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;
using QueuePause = Relais.Contracts.Routing.V1.QueuePause;

namespace Relais.Routing.Features.Supervision;

/// <summary>
/// Stops offers of a routing group, or of one channel of it, and lets them go on. What waits keeps its age; relaxation
/// begins anew when it goes on. Offers that are out stay out.
/// </summary>
internal sealed class PauseQueue(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, Audit audit)
{
    private const int LongestReason = 500;
    private const int LongestChannel = 64;

    public async Task<Outcome<QueuePause>> PauseAsync(PauseQueueRequest request, CancellationToken cancellationToken)
    {
        if (Common(request.RequestId, request.Group, request.Channel).Text(request.Reason, "reason", LongestReason).Failure is { } invalid)
            return invalid;
        return await shard.AloneAsync(turn => unit.OnceAsync<QueuePause>(request.RequestId, request, async ct =>
        {
            var now = turn.Now;
            DateTimeOffset? until = request.Until is null ? null : ShardTurn.Stored(request.Until.ToDateTimeOffset());
            if (until <= now)
                return Failure.Invalid("queue.pause_over", "The pause would end before it begins.", new FieldViolation("until", "must be in the future."));
            var book = (await turn.EngineAsync(ct)).Policy.Book;
            if ((UnknownGroup(book, request.Group) ?? OtherGroup(book, request.Group, request.Channel)) is { } failure)
                return failure;
            var row = await PausesOf(request.Group, request.Channel).FirstOrDefaultAsync(ct);
            if (row is null)
                db.Pauses.Add(row = new QueuePauseRow { Group = request.Group, Channel = request.Channel, PausedAt = now });
            (row.Reason, row.PausedAt, row.Until) = (request.Reason, now, until);
            audit.Note(now, Audit.Paused, Named(request.Group, request.Channel), reason: request.Reason);
            await turn.RenewAsync(ct);
            return Of(row, book);
        }, cancellationToken), cancellationToken);
    }

    public async Task<Outcome<QueuePause>> ResumeAsync(ResumeQueueRequest request, CancellationToken cancellationToken)
    {
        if (Common(request.RequestId, request.Group, request.Channel).Failure is { } invalid)
            return invalid;
        return await shard.AloneAsync(turn => unit.OnceAsync<QueuePause>(request.RequestId, request, async ct =>
        {
            var (now, engine) = (turn.Now, await turn.EngineAsync(ct));
            if (OtherGroup(engine.Policy.Book, request.Group, request.Channel) is { } failure)
                return failure;
            var rows = await PausesOf(request.Group, request.Channel).ToListAsync(ct);
            if (rows.Find(row => !(row.Until <= now)) is not { } paused)
                return Failure.NotFound("queue.not_paused", $"{Named(request.Group, request.Channel)} is not paused. GET /v1/queues lists the pauses.");
            db.Pauses.RemoveRange(rows);
            var parked = engine.OpenItems.Where(item => item.State == ItemState.Waiting && item.Request.Group == request.Group
                && (request.Channel.Length == 0 || item.Request.Channel == request.Channel)).Select(item => item.Id).ToList();
            await db.WorkItems.Where(item => parked.Contains(item.Id)).ExecuteUpdateAsync(
                item => item.SetProperty(one => one.WaitingSince, now).SetProperty(one => one.RelaxedSteps, 0), ct);
            audit.Note(now, Audit.Resumed, Named(request.Group, request.Channel));
            await turn.RenewAsync(ct);
            return Of(paused, engine.Policy.Book);
        }, cancellationToken), cancellationToken);
    }

    public static QueuePause Of(QueuePauseRow row, RoutingBook book) => new()
    {
        Group = book.GroupOf(row.ToPause()), Channel = row.Channel, Reason = row.Reason, PausedAt = row.PausedAt.ToTimestamp(), Until = row.Until?.ToTimestamp(),
    };

    private static Check Common(string requestId, string group, string channel) => new Check().RequestId(requestId)
        .Text(group, "group", PolicyRow.LongestGroup).Text(channel, "channel", LongestChannel, required: false);

    private static Failure? UnknownGroup(RoutingBook book, string group) => book.Groups.Contains(group, StringComparer.Ordinal)
        ? null
        : Failure.NotFound("queue.not_found", $"There is no routing group '{group}'. Known: {string.Join(", ", book.Groups)}.");

    private static Failure? OtherGroup(RoutingBook book, string group, string channel) =>
        channel.Length > 0 && book.GroupOf(channel) is var owner && owner != group
            ? Failure.Invalid("queue.other_group", $"The channel '{channel}' follows the group '{owner}'. Name that group.",
                new FieldViolation("channel", $"follows the group '{owner}'."))
            : null;

    // Of a channel, whatever group it was in when it was paused.
    private IQueryable<QueuePauseRow> PausesOf(string group, string channel) =>
        db.Pauses.Where(pause => pause.Channel == channel && (channel.Length > 0 || pause.Group == group));

    private static string Named(string group, string channel) => channel.Length == 0 ? group : $"{group}/{channel}";
}
