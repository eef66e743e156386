using System.Net;
using System.Net.Sockets;

namespace Relais.AppHost.Local;

/// <summary>
/// One address before several replicas: each connection goes to the replica with the fewest, of those that are ready. It
/// passes bytes, so that HTTP/1.1, HTTP/2 and streams go through alike; a client whose replica drains sees its connection
/// end as the replica ends it, and finds another replica with the next one.
/// </summary>
internal sealed class PublicAddress : IAsyncDisposable
{
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(1);

    private readonly Socket listener;
    private readonly IReadOnlyList<Backend> backends;
    private readonly CancellationTokenSource closing = new();
    private readonly Task accepting;
    private int next;

    private PublicAddress(Socket listener, IReadOnlyList<Backend> backends)
    {
        this.listener = listener;
        this.backends = backends;
        accepting = AcceptAsync();
    }

    /// <summary>A replica behind the address: where it listens and whether it takes work.</summary>
    internal sealed class Backend(IPEndPoint address, ReplicaReadiness readiness)
    {
        private readonly HashSet<Socket> connections = [];

        public IPEndPoint Address => address;

        public ReplicaReadiness Readiness => readiness;

        public int Connections
        {
            get
            {
                lock (connections)
                    return connections.Count;
            }
        }

        public void Add(Socket connection)
        {
            lock (connections)
                connections.Add(connection);
        }

        public void Remove(Socket connection)
        {
            lock (connections)
                connections.Remove(connection);
        }

        /// <summary>Ends every connection: the replica does not answer, and its clients had better ask another.</summary>
        public void Cut()
        {
            lock (connections)
            {
                foreach (var connection in connections)
                    connection.Close(timeout: 0);
            }
        }
    }

    /// <exception cref="IOException">The port is taken.</exception>
    public static PublicAddress Open(IPEndPoint address, IReadOnlyList<Backend> backends)
    {
        var listener = Listen(address);
        foreach (var backend in backends)
            backend.Readiness.Silent += backend.Cut;
        return new PublicAddress(listener, backends);
    }

    /// <summary>Finds out whether an address can be listened on, before anything starts for it.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static void RequireFree(IPEndPoint address) => Listen(address).Dispose();

    /// <summary>Takes no more connections; those that are open go on until either side ends them.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Dispose();
        await accepting;
        closing.Dispose();
    }

    private static Socket Listen(IPEndPoint address)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(address);
            listener.Listen(1024);
            return listener;
        }
        catch (SocketException taken)
        {
            listener.Dispose();
            throw new IOException($"{address} cannot be listened on: {taken.Message}", taken);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(closing.Token);
            }
            catch (Exception closed) when (closed is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // That client left before it was let in.
                continue;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            client.NoDelay = true;
            if (await ConnectAsync() is not var (backend, server))
            {
                client.Close(timeout: 0);
                return;
            }

            using (server)
            {
                backend.Add(server);
                try
                {
                    await Task.WhenAll(PumpAsync(client, server), PumpAsync(server, client));
                }
                finally
                {
                    backend.Remove(server);
                }
            }
        }
    }

    // A replica that refuses gives way to the next: nothing has been sent yet.
    private async Task<(Backend Backend, Socket Server)?> ConnectAsync()
    {
        var start = Interlocked.Increment(ref next);
        var inTurn = Enumerable.Range(0, backends.Count).Select(offset => backends[(int)((uint)(start + offset) % backends.Count)]);
        foreach (var backend in inTurn.OrderByDescending(backend => backend.Readiness.IsReady).ThenBy(backend => backend.Connections).ToList())
        {
            var server = new Socket(backend.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var patience = new CancellationTokenSource(LongestConnect);
            try
            {
                await server.ConnectAsync(backend.Address, patience.Token);
                return (backend, server);
            }
            catch (Exception refused) when (refused is SocketException or OperationCanceledException)
            {
                // The next one, then.
                server.Dispose();
            }
        }

        return null;
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var received)
            {
                for (var sent = 0; sent < received;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, received - sent));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // One side broke off: the other learns it the same way.
            from.Close(timeout: 0);
            to.Close(timeout: 0);
        }
    }
}
