using Grpc.Core;

namespace Relais.Contract.Rpc;

/// <summary>Who carries gRPC in this build: the project's own implementation (mirror) or the real packages (standard).</summary>
internal static class Profile
{
    public static bool IsMirror { get; } = typeof(Metadata).Assembly.GetName().Name == "Relais.Rpc";

    /// <summary>Skips what the real packages do in another way, which this project does not decide.</summary>
    /// <param name="difference">What they do, after "the real packages".</param>
    public static void MirrorOnly(string difference) => Assert.SkipUnless(IsMirror, "the real packages " + difference);

    /// <summary>
    /// The real packages call a connection that ended after GOAWAY without an error Internal; Relais' own channels make it
    /// Unavailable below them.
    /// </summary>
    public static bool IsGoodbye(RpcException failure) =>
        !IsMirror && failure.Status.DebugException is { InnerException: HttpProtocolException { ErrorCode: 0 } };

    /// <summary>The real packages answer trouble on the wire too, though some of it with another code.</summary>
    public static void AssertStatus(StatusCode expected, StatusCode actual)
    {
        if (IsMirror)
            Assert.Equal(expected, actual);
        else
            Assert.Equal(expected == StatusCode.OK, actual == StatusCode.OK);
    }
}
