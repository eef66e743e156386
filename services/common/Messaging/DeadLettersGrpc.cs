using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Platform.V1;
using Letter = Relais.Contracts.Platform.V1.DeadLetter;

namespace Relais.Common.Messaging;

/// <summary>What every target tells of the events that it gave up, and how they are delivered again.</summary>
internal sealed class DeadLettersGrpc(IEnumerable<IDeadLetterStore> stores, CallerContext caller) : DeadLetters.DeadLettersBase
{
    private const int Most = 100;

    // A dead letter is looked for among this many.
    private const int MostLookedThrough = 10_000;

    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context) =>
        AskAsync<ListDeadLettersResponse>(async () =>
        {
            var response = new ListDeadLettersResponse();
            foreach (var store in stores)
            {
                var found = await store.ListAsync(Tenant, Most - response.DeadLetters.Count, context.CancellationToken);
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
            foreach (var store in stores)
            {
                if ((await store.ListAsync(Tenant, MostLookedThrough, context.CancellationToken)).FirstOrDefault(letter => letter.Envelope.MessageId == id) is { } found)
                    return ToMessage(found, payload: true);
            }

            return Failure.NotFound("dead_letter.not_found", "This target has given up no event with this id, or it was replayed.");
        });

    public override Task<ReplayDeadLettersResponse> ReplayDeadLetters(ReplayDeadLettersRequest request, ServerCallContext context) =>
        AskAsync<ReplayDeadLettersResponse>(async () =>
        {
            var check = new Check().That(request.Ids.Count <= Most, "ids", $"At most {Most} at once; none for all.");
            foreach (var id in request.Ids)
                check = check.Id(id, "ids");
            if (check.Failure is { } failure)
                return failure;
            var ids = request.Ids.Select(Guid.Parse).ToHashSet();
            var response = new ReplayDeadLettersResponse();
            foreach (var store in stores)
                response.Replayed += await store.ReplayAsync(Tenant, ids, context.CancellationToken);
            return response;
        });

    private string Tenant => caller.Caller.TenantId;

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
            OccurredAt = letter.Envelope.OccurredAt.ToTimestamp(),
            GivenUpAt = letter.GivenUpAt?.ToTimestamp(),
            Attempts = letter.Attempts,
            Error = letter.Error,
            Payload = payload ? letter.Envelope.Payload : "",
        };
        message.Consumers.AddRange(letter.Consumers);
        return message;
    }
}
