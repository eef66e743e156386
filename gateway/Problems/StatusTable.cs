using Grpc.Core;

namespace Relais.Gateway.Problems;

/// <summary>How a gRPC status looks over HTTP, and what is said of it when the service said nothing.</summary>
internal static class StatusTable
{
    public static (int HttpStatus, string Code, string Detail) Of(StatusCode status) => status switch
    {
        StatusCode.InvalidArgument => (400, "invalid_argument", "The request is not valid."),
        StatusCode.OutOfRange => (400, "out_of_range", "A value of the request is outside its range."),
        StatusCode.Unauthenticated => (401, "unauthenticated", "This call needs a valid token: send it as 'Authorization: Bearer TOKEN'."),
        StatusCode.PermissionDenied => (403, "permission_denied", "Your token does not allow this."),
        StatusCode.NotFound => (404, "not_found", "There is no such thing, or it is not yours to see."),
        StatusCode.AlreadyExists => (409, "already_exists", "This exists already."),
        StatusCode.Aborted => (409, "aborted", "Somebody changed it meanwhile. Read it again and repeat."),
        StatusCode.FailedPrecondition => (409, "failed_precondition", "The state of this does not allow the call. Read it again."),
        StatusCode.ResourceExhausted => (429, "resource_exhausted", "Too much or too often. Wait, then repeat with less."),
        // nginx's number for a client that has gone; nobody reads the answer.
        StatusCode.Cancelled => (499, "cancelled", "The call was cancelled."),
        StatusCode.Unimplemented => (501, "unimplemented", "This service does not know the call."),
        StatusCode.Unavailable => (503, "unavailable", "The service behind this is not there right now. Repeat in a moment, with the same requestId."),
        StatusCode.DeadlineExceeded => (504, "deadline_exceeded", "The service did not answer in time. Repeat with the same requestId; it has one effect."),
        StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss or _ =>
            (500, "internal", "Something went wrong on our side. If it stays so, report it with the traceId of this answer."),
    };
}
