using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Platform.V1;
using Letter = Relais.Contracts.Platform.V1.DeadLetter;

namespace Relais.Common.Messaging;

/// <summary>What every target tells of the events that it gave up, and how they are delivered again or thrown away.</summary>
internal sealed partial class DeadLettersGrpc(
    IEnumerable<IDeadLetterStore> stores, CallerContext caller, ITenantDirectory tenants, ILogger<DeadLettersGrpc> log) : DeadLetters.DeadLettersBase
{
    private const int Most = 100;

    // A dead letter is looked for among this many.
    private const int MostLookedThrough = 10_000;

    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context) =>
        AskAsync<ListDeadLettersResponse>(async () =>
        {
            var response = new ListDeadLettersResponse();
            var owner = await OwnerAsync(context.CancellationToken);
            foreach (var store in stores)
            {
                var found = await store.ListAsync(owner, Most - response.DeadLetters.Count, context.CancellationToken);
                response.DeadLetters.AddRange(found.Select(letter => ToMessage(letter, payload: false)));
            }

            return response;
        });

    public override Task<Letter> GetDeadLetter(GetDeadLetterRequest request, ServerCallContext context) =>
        AskAsync<Letter>(async () =>
        {
            if (new Check().Id(request.Id, "id").Failure is { } failure)
                return failure;
            var id = Guid.Parse(request.Id);
            var owner = await OwnerAsync(context.CancellationToken);
            foreach (var store in stores)
            {
                if ((await store.ListAsync(owner, MostLookedThrough, context.CancellationToken)).FirstOrDefault(letter => letter.Envelope.MessageId == id) is { } found)
                    return ToMessage(found, payload: true);
            }

            return Failure.NotFound("dead_letter.not_found", "This target has given up no event with this id, or it was replayed or thrown away.");
        });

    public override Task<ReplayDeadLettersResponse> ReplayDeadLetters(ReplayDeadLettersRequest request, ServerCallContext context) =>
        AskAsync<ReplayDeadLettersResponse>(async () =>
        {
            if (Checked(request.Ids, $"At most {Most} at once; none for all.").Failure is { } failure)
                return failure;
            var ids = request.Ids.Select(Guid.Parse).ToHashSet();
            var response = new ReplayDeadLettersResponse();
            var owner = await OwnerAsync(context.CancellationToken);
            foreach (var store in stores)
                response.Replayed += await store.ReplayAsync(owner, ids, context.CancellationToken);
            LogReplayed(response.Replayed, owner.TenantId, caller.Caller.SubjectId);
            return response;
        });

    public override Task<DiscardDeadLettersResponse> DiscardDeadLetters(DiscardDeadLettersRequest request, ServerCallContext context) =>
        AskAsync<DiscardDeadLettersResponse>(async () =>
        {
            var check = Checked(request.Ids, $"At most {Most} at once.")
                .That(request.Ids.Count > 0 || request.Unreadable, "ids", "Name those to throw away, or say unreadable for all that cannot be read.");
            if (check.Failure is { } failure)
                return failure;
            var ids = request.Ids.Select(Guid.Parse).ToHashSet();
            var response = new DiscardDeadLettersResponse();
            var owner = await OwnerAsync(context.CancellationToken);
            foreach (var store in stores)
                response.Discarded += await store.DiscardAsync(owner, ids, request.Unreadable, context.CancellationToken);
            LogDiscarded(response.Discarded, owner.TenantId, caller.Caller.SubjectId, string.Join(' ', ids));
            return response;
        });

    private async Task<DeadLetterOwner> OwnerAsync(CancellationToken cancellationToken)
    {
        var tenant = caller.Caller.TenantId;
        return new DeadLetterOwner(tenant, await tenants.IsOperatorAsync(tenant, cancellationToken));
    }

    private static Check Checked(RepeatedField<string> ids, string tooMany)
    {
        var check = new Check().That(ids.Count <= Most, "ids", tooMany);
        foreach (var id in ids)
            check = check.Id(id, "ids");
        return check;
    }

    private static async Task<T> AskAsync<T>(Func<Task<Outcome<T>>> ask)
    {
        try
        {
            return await ask().OrThrow();
        }
        catch (TransportAwayException)
        {
            // The dead letters of a queue are in the broker.
            throw new Failure(FailureKind.Unavailable, "broker.unavailable", "RabbitMQ does not answer at the moment. Repeat it in a moment.").ToRpcException();
        }
    }

    private static Letter ToMessage(DeadLetter letter, bool payload)
    {
        var message = new Letter
        {
            Id = letter.Envelope.MessageId.ToString(),
            Place = letter.Place switch
            {
                DeadLetterPlace.Outbox => Letter.Types.Place.Outbox,
                DeadLetterPlace.Queue => Letter.Types.Place.Queue,
                var other => throw new ArgumentOutOfRangeException(nameof(letter), other, null),
            },
            Event = letter.Envelope.Name,
            Key = letter.Envelope.Key,
            OccurredAt = letter.IsUnreadable ? null : letter.Envelope.OccurredAt.ToTimestamp(),
            GivenUpAt = letter.GivenUpAt?.ToTimestamp(),
            Attempts = letter.Attempts,
            Error = letter.Error,
            Payload = payload ? letter.Envelope.Payload : "",
            Unreadable = letter.IsUnreadable,
        };
        message.Consumers.AddRange(letter.Consumers);
        return message;
    }

    [LoggerMessage(EventId = 1125, EventName = "dead_letters_replayed", Level = LogLevel.Information,
        Message = "{Count} dead letters of {Tenant} are delivered again, as {Subject} asked")]
    private partial void LogReplayed(int count, string tenant, Guid subject);

    [LoggerMessage(EventId = 1126, EventName = "dead_letters_discarded", Level = LogLevel.Warning,
        Message = "{Count} dead letters of {Tenant} were thrown away, as {Subject} asked; named were: {Ids}")]
    private partial void LogDiscarded(int count, string tenant, Guid subject, string ids);
}
