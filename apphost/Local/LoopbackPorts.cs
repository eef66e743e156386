using System.Net;
using System.Net.Sockets;

namespace Relais.AppHost.Local;

/// <summary>
/// Ports of 127.0.0.1 for servers and targets, below the range from which systems take ports for outgoing connections, so
/// that each is still free after a restart. A process has whole blocks of them to itself: between the moment a port is chosen
/// and the one at which it is listened at, and while its owner is being restarted, nobody else of this program takes it.
/// </summary>
internal static class LoopbackPorts
{
    private const int First = 20_000;
    private const int BlockSize = 100;
    private const int Blocks = 120;

    private static readonly Lock Taking = new();

    // Of each block the first port is listened at until this process ends, which tells the others whose it is.
    private static readonly List<TcpListener> Guards = [];
    private static readonly HashSet<int> Promised = [];
    private static int next;
    private static int end;

    /// <summary>A port that nobody listens at, and that no other call has had or will have as long as this process runs.</summary>
    /// <exception cref="IOException">Every block has an owner.</exception>
    public static int Next()
    {
        lock (Taking)
        {
            while (true)
            {
                if (next == end)
                    TakeBlock();
                var port = next++;
                if (Promised.Contains(port))
                    continue;
                using var listener = new TcpListener(IPAddress.Loopback, port);
                if (Listens(listener))
                    return port;
            }
        }
    }

    /// <summary>Keeps a port that somebody chose by hand for them.</summary>
    public static void Leave(int port)
    {
        lock (Taking)
            Promised.Add(port);
    }

    private static void TakeBlock()
    {
        var start = Random.Shared.Next(Blocks);
        for (var at = 0; at < Blocks; at++)
        {
            var block = First + ((start + at) % Blocks * BlockSize);
            var guard = new TcpListener(IPAddress.Loopback, block);
            if (!Listens(guard))
            {
                guard.Dispose();
                continue;
            }

            Guards.Add(guard);
            (next, end) = (block + 1, block + BlockSize);
            return;
        }

        throw new IOException($"No ports are left on 127.0.0.1: of each hundred from {First} to {First + (Blocks * BlockSize) - 1} somebody has the first.");
    }

    // Somebody else, of whom this program knows nothing, may have it.
    private static bool Listens(TcpListener listener)
    {
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
