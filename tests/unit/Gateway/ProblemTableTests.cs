using Grpc.Core;
using Relais.Common.Failures;
using Relais.Gateway.Problems;

namespace Relais.Unit.Gateway;

public sealed class ProblemTableTests
{
    [Theory]
    [InlineData(FailureKind.Invalid, 400)]
    [InlineData(FailureKind.Unauthenticated, 401)]
    [InlineData(FailureKind.Denied, 403)]
    [InlineData(FailureKind.NotFound, 404)]
    [InlineData(FailureKind.AlreadyExists, 409)]
    [InlineData(FailureKind.Stale, 409)]
    [InlineData(FailureKind.Precondition, 409)]
    [InlineData(FailureKind.Exhausted, 429)]
    [InlineData(FailureKind.Unavailable, 503)]
    public void A_failure_of_a_service_keeps_its_code_sentence_fields_and_wait(FailureKind kind, int status)
    {
        var failure = new Failure(kind, "thing.wrong", "It is wrong. Mend it.")
        {
            Fields = [new FieldViolation("skills[2].level", "is too high.")],
            RetryAfter = TimeSpan.FromSeconds(7),
        };
        var problem = RpcFailure.ToProblem(failure.ToRpcException());
        Assert.Equal((status, "thing.wrong", "It is wrong. Mend it."), (problem.Status, problem.Code, problem.Detail));
        Assert.Equal([new FieldProblem("skills[2].level", "is too high.")], problem.Errors);
        Assert.Equal(TimeSpan.FromSeconds(7), problem.RetryAfter);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, 400, "invalid_argument")]
    [InlineData(StatusCode.OutOfRange, 400, "out_of_range")]
    [InlineData(StatusCode.Unauthenticated, 401, "unauthenticated")]
    [InlineData(StatusCode.PermissionDenied, 403, "permission_denied")]
    [InlineData(StatusCode.NotFound, 404, "not_found")]
    [InlineData(StatusCode.AlreadyExists, 409, "already_exists")]
    [InlineData(StatusCode.Aborted, 409, "aborted")]
    [InlineData(StatusCode.FailedPrecondition, 409, "failed_precondition")]
    [InlineData(StatusCode.ResourceExhausted, 429, "resource_exhausted")]
    [InlineData(StatusCode.Cancelled, 499, "cancelled")]
    [InlineData(StatusCode.Unknown, 500, "internal")]
    [InlineData(StatusCode.Internal, 500, "internal")]
    [InlineData(StatusCode.DataLoss, 500, "internal")]
    [InlineData(StatusCode.Unimplemented, 501, "unimplemented")]
    [InlineData(StatusCode.Unavailable, 503, "unavailable")]
    [InlineData(StatusCode.DeadlineExceeded, 504, "deadline_exceeded")]
    public void A_bare_status_has_its_own_code_and_tells_nothing_of_the_inside(StatusCode code, int status, string expected)
    {
        var problem = RpcFailure.ToProblem(new RpcException(new Status(code, "connection to 10.0.0.7:5001 refused")));
        Assert.Equal((status, expected), (problem.Status, problem.Code));
        Assert.DoesNotContain("10.0.0.7", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stale_etag_of_If_Match_is_412() =>
        Assert.Equal(412, RpcFailure.ToProblem(Failure.Stale("article").ToRpcException(), isConditional: true).Status);

    [Fact]
    public void A_service_that_is_away_is_worth_repeating_after_a_second() =>
        Assert.Equal(TimeSpan.FromSeconds(1), RpcFailure.ToProblem(new RpcException(new Status(StatusCode.Unavailable, ""))).RetryAfter);

    [Fact]
    public void Details_that_are_no_status_are_passed_over()
    {
        var trailers = new Metadata { { FailureStatus.DetailsTrailer, [0xFF, 0xFF, 0xFF] } };
        Assert.Equal("not_found", RpcFailure.ToProblem(new RpcException(new Status(StatusCode.NotFound, ""), trailers)).Code);
    }
}
