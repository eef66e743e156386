using System.Net.Sockets;

namespace Relais.Common.Calls;

/// <summary>
/// Sends each request to a replica of its target. A replica that cannot be connected to gives way to the next one, for
/// every kind of call: nothing has been sent. A call that may be repeated is given up when its replica falls silent.
/// </summary>
internal sealed class ReplicaHandler(ReplicaSet replicas) : HttpMessageHandler
{
    private const string GrpcStatus = "grpc-status";
    private const string Unavailable = "14";

    /// <summary>Whether the whole answer is that the service cannot serve now.</summary>
    public static bool IsUnavailable(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues(GrpcStatus, out var status) && status.ToString() == Unavailable;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isSafe = request.Headers.Remove(SafeCalls.Header);
        var path = request.RequestUri!.PathAndQuery;
        List<Replica> tried = [];
        HttpRequestException? refusal = null;
        while (await replicas.ChooseAsync(tried, cancellationToken) is { } replica)
        {
            request.RequestUri = new Uri(replica.Address, path);
            try
            {
                return await SendAsync(request, replica, isSafe, cancellationToken);
            }
            catch (HttpRequestException refused) when (IsRefused(refused))
            {
                refusal = refused;
            }
            catch (OperationCanceledException late) when (late.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
            {
                // ConnectTimeout, as SocketsHttpHandler reports it.
                refusal = Gone($"A replica of {replicas.Target} cannot be reached.", SocketError.TimedOut);
            }

            replica.Avoid("unreachable");
            replicas.Doubt();
            tried.Add(replica);
        }

        if (refusal is null)
            CallsTelemetry.Refused.Add(1, new KeyValuePair<string, object?>("relais.target", replicas.Target));
        throw refusal ?? Gone($"No replica of {replicas.Target} answers.", SocketError.HostUnreachable);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Replica replica, bool isSafe, CancellationToken cancellationToken)
    {
        replica.Begin();
        using var patience = isSafe ? new Patience(replicas, replica, cancellationToken) : null;
        try
        {
            var response = await replicas.Http.SendAsync(request, patience?.Token ?? cancellationToken);
            replica.Answered(IsUnavailable(response));
            return response;
        }
        catch (OperationCanceledException) when (patience is { IsOver: true } && !cancellationToken.IsCancellationRequested)
        {
            throw Gone($"A replica of {replicas.Target} fell silent.", SocketError.TimedOut);
        }
        catch (HttpRequestException drained) when (SaidGoodbye(drained))
        {
            // Real gRPC clients would call it Internal, but the service has no fault: it ends, and another is there.
            replica.Avoid("drained");
            throw Gone($"A replica of {replicas.Target} ended before it answered.", SocketError.ConnectionReset);
        }
        catch (HttpRequestException broken) when (!IsRefused(broken) && IsBroken(broken))
        {
            replica.Avoid("broken");
            throw;
        }
        finally
        {
            replica.End();
        }
    }

    private static bool IsRefused(HttpRequestException failure) => failure.HttpRequestError is
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    // GOAWAY without an error, and then the end of the connection (RFC 9113, section 6.8).
    private static bool SaidGoodbye(HttpRequestException failure) => failure.InnerException is HttpProtocolException { ErrorCode: 0 };

    // The connection went, not just the call's stream.
    private static bool IsBroken(HttpRequestException failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException)
                return false;
            if (cause is SocketException or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded })
                return true;
        }

        return failure.HttpRequestError == HttpRequestError.ResponseEnded;
    }

    // gRPC clients take what a socket reports for Unavailable.
    private static HttpRequestException Gone(string message, SocketError error) =>
        new(HttpRequestError.Unknown, message, new IOException(message, new SocketException((int)error)));

    /// <summary>Waits for a replica's answer until it falls silent and another is well.</summary>
    private sealed class Patience : IDisposable
    {
        private readonly ReplicaSet replicas;
        private readonly Replica replica;
        private readonly CancellationTokenSource over;
        private readonly Lock one = new();
        private CancellationTokenRegistration watch;
        private bool hasEnded;

        public Patience(ReplicaSet replicas, Replica replica, CancellationToken cancellationToken)
        {
            (this.replicas, this.replica) = (replicas, replica);
            over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Watch();
        }

        public CancellationToken Token => over.Token;

        public bool IsOver { get; private set; }

        public void Dispose()
        {
            lock (one)
                hasEnded = true;
            // Outside the lock: it waits for a callback that runs.
            watch.Dispose();
            over.Dispose();
        }

        private void Watch()
        {
            var registration = replica.Abandoned.UnsafeRegister(static state => ((Patience)state!).Reconsider(), this);
            lock (one)
            {
                if (!hasEnded)
                    watch = registration;
                else
                    registration.Unregister();
            }
        }

        // While nobody else is well, waiting on is the best there is; the next look decides again.
        private void Reconsider()
        {
            lock (one)
            {
                if (hasEnded)
                    return;
                IsOver = replicas.HasOther(replica);
            }

            if (!IsOver)
            {
                Watch();
                return;
            }

            try
            {
                over.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The call ended in this moment.
            }
        }
    }
}
