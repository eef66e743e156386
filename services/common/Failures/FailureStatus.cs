using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Relais.Contracts.Errors;
using RpcStatus = Relais.Contracts.Errors.Status;

namespace Relais.Common.Failures;

/// <summary>
/// How failures travel: a gRPC status with <c>google.rpc.ErrorInfo</c> (reason = the code), <c>BadRequest</c> and
/// <c>RetryInfo</c> in the trailer <c>grpc-status-details-bin</c>. The gateway turns the same into problem+json.
/// </summary>
public static class FailureStatus
{
    /// <summary>The trailer of the rich error model (https://google.aip.dev/193).</summary>
    public const string DetailsTrailer = "grpc-status-details-bin";

    private const string Domain = "relais";

    public static StatusCode StatusOf(FailureKind kind) => kind switch
    {
        FailureKind.Invalid => StatusCode.InvalidArgument,
        FailureKind.Unauthenticated => StatusCode.Unauthenticated,
        FailureKind.Denied => StatusCode.PermissionDenied,
        FailureKind.NotFound => StatusCode.NotFound,
        FailureKind.AlreadyExists => StatusCode.AlreadyExists,
        FailureKind.Stale => StatusCode.Aborted,
        FailureKind.Precondition => StatusCode.FailedPrecondition,
        FailureKind.Exhausted => StatusCode.ResourceExhausted,
        FailureKind.Unavailable => StatusCode.Unavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static RpcException ToRpcException(this Failure failure)
    {
        var code = StatusOf(failure.Kind);
        var details = new RpcStatus { Code = (int)code, Message = failure.Message };
        details.Details.Add(Any.Pack(new ErrorInfo { Reason = failure.Code, Domain = Domain }));
        if (failure.Fields.Count > 0)
        {
            var bad = new BadRequest();
            bad.FieldViolations.AddRange(failure.Fields.Select(field =>
                new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Message }));
            details.Details.Add(Any.Pack(bad));
        }

        if (failure.RetryAfter is { } delay)
            details.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        var trailers = new Metadata { { DetailsTrailer, details.ToByteArray() } };
        return new RpcException(new Grpc.Core.Status(code, failure.Message), trailers);
    }

    /// <summary>The stable code that came with an error, or null where the peer sent none.</summary>
    public static string? CodeOf(RpcException exception)
    {
        if (exception.Trailers.GetValueBytes(DetailsTrailer) is not { } bytes)
            return null;
        var info = RpcStatus.Parser.ParseFrom(bytes).Details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor));
        return info?.Unpack<ErrorInfo>().Reason;
    }

    /// <summary>The value, or the failure as what gRPC throws.</summary>
    public static async Task<T> OrThrow<T>(this Task<Outcome<T>> outcome)
    {
        var result = await outcome;
        return result.Failure is { } failure ? throw failure.ToRpcException() : result.Value;
    }
}
