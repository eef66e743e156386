using Google.Protobuf;
using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Errors;
using RpcStatus = Relais.Contracts.Errors.Status;

namespace Relais.Gateway.Problems;

/// <summary>Reads what a service said of a failure: google.rpc's rich error model.</summary>
internal static class RpcFailure
{
    private static readonly TimeSpan RetryUnavailable = TimeSpan.FromSeconds(1);

    /// <param name="isConditional">
    /// The request came with If-Match, so that RFC 9110 (13.1.1) wants a stale etag answered with 412.
    /// </param>
    public static Problem ToProblem(RpcException exception, bool isConditional = false)
    {
        var (http, code, detail) = StatusTable.Of(exception.StatusCode);
        if (exception.StatusCode == StatusCode.Aborted && isConditional)
            http = StatusCodes.Status412PreconditionFailed;

        var (info, fields, retry) = Details(exception);
        return new Problem(
            http,
            info?.Reason is { Length: > 0 } reason ? reason : code,
            // Without a code of Relais' own, the message is a library's, and may tell how the platform is built.
            info is not null && exception.Status.Detail is { Length: > 0 } message ? message : detail)
        {
            Errors = [.. fields.Select(field => new FieldProblem(field.Field, field.Description))],
            RetryAfter = retry ?? (exception.StatusCode == StatusCode.Unavailable ? RetryUnavailable : null),
        };
    }

    private static (ErrorInfo? Info, IReadOnlyList<BadRequest.Types.FieldViolation> Fields, TimeSpan? Retry) Details(RpcException exception)
    {
        ErrorInfo? info = null;
        IReadOnlyList<BadRequest.Types.FieldViolation> fields = [];
        TimeSpan? retry = null;
        if (exception.Trailers.GetValueBytes(FailureStatus.DetailsTrailer) is not { } bytes)
            return (info, fields, retry);

        try
        {
            foreach (var detail in RpcStatus.Parser.ParseFrom(bytes).Details)
            {
                if (detail.TryUnpack(out ErrorInfo found))
                    info = found;
                else if (detail.TryUnpack(out BadRequest bad))
                    fields = bad.FieldViolations;
                else if (detail.TryUnpack(out RetryInfo wait))
                    retry = wait.RetryDelay?.ToTimeSpan();
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // A peer that is not ours; its status alone still counts.
        }

        return (info, fields, retry);
    }
}
