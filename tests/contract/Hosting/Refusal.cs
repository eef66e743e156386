using Google.Rpc;
using Grpc.Core;
using Relais.Common.Failures;
using RpcStatus = Google.Rpc.Status;

namespace Relais.Contract.Hosting;

/// <summary>What a peer hears when a call is refused.</summary>
internal sealed record Refusal(StatusCode Status, string? Code, string Message, IReadOnlyList<string> Fields)
{
    /// <summary>Calls and expects to be refused.</summary>
    public static async Task<Refusal> OfAsync<TResponse>(AsyncUnaryCall<TResponse> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await call);
        var fields = exception.Trailers.GetValueBytes(FailureStatus.DetailsTrailer) is { } bytes
            ? RpcStatus.Parser.ParseFrom(bytes).Details.Where(detail => detail.Is(BadRequest.Descriptor))
                .SelectMany(detail => detail.Unpack<BadRequest>().FieldViolations).Select(violation => violation.Field).ToList()
            : [];
        return new Refusal(exception.StatusCode, FailureStatus.CodeOf(exception), exception.Status.Detail, fields);
    }
}
