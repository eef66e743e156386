using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Relais.Faults;

/// <summary>
/// What lies between the processes: each replica's gRPC and each server is reached through an address of this network, so
/// that a process can be cut off from others. While it is cut off its connections stay open and bring nothing, and new ones
/// are taken and bring nothing, as behind a switch that drops everything.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private readonly List<Link> links = [];
    private readonly Lock cutting = new();
    private Cutting? cut;

    /// <summary>Opens an address before somebody who listens on loopback.</summary>
    /// <param name="name">Such as <c>tickets/2</c> or <c>rabbitmq</c>.</param>
    /// <param name="port">Where they listen, asked for at each connection; null while they do not.</param>
    /// <returns>The port to use instead.</returns>
    public int Open(string name, Func<int?> port)
    {
        var link = new Link(this, name, port);
        links.Add(link);
        return link.Port;
    }

    /// <summary>Cuts a process off.</summary>
    /// <param name="name">Its own address: nobody reaches it there.</param>
    /// <param name="processId">It reaches nobody at the addresses below.</param>
    /// <param name="from">Which addresses it no longer reaches.</param>
    public void Cut(string name, int processId, Predicate<string> from)
    {
        lock (cutting)
        {
            if (cut is not null)
                throw new InvalidOperationException("Somebody is cut off already.");
            cut = new Cutting(name, processId, from);
            var ports = Sockets.PortsOf(processId);
            foreach (var link in links)
                link.Judge(cut, ports);
        }
    }

    /// <summary>Lets everything through again; what was held back arrives.</summary>
    /// <returns>How many connections were held.</returns>
    public int Heal()
    {
        lock (cutting)
        {
            cut?.Healed.TrySetResult();
            var held = cut?.Held.Count ?? 0;
            cut = null;
            return held;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Heal();
        foreach (var link in links)
            await link.DisposeAsync();
    }

    private Task JudgeNew(Connection connection)
    {
        lock (cutting)
        {
            if (cut is null)
                return Task.CompletedTask;
            connection.Judge(cut, cut.From(connection.Link) ? Sockets.PortsOf(cut.ProcessId) : []);
            return connection.Open;
        }
    }

    private sealed record Cutting(string Name, int ProcessId, Predicate<string> From)
    {
        public TaskCompletionSource Healed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HashSet<Connection> Held { get; } = [];
    }

    /// <summary>An address of the network.</summary>
    private sealed class Link : IAsyncDisposable
    {
        private readonly Network network;
        private readonly string name;
        private readonly Func<int?> port;
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly HashSet<Connection> connections = [];
        private readonly Task accepting;

        public Link(Network network, string name, Func<int?> port)
        {
            (this.network, this.name, this.port) = (network, name, port);
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
            accepting = AcceptAsync();
        }

        public int Port { get; }

        public void Judge(Cutting cutting, HashSet<int> ports)
        {
            lock (connections)
            {
                foreach (var connection in connections)
                    connection.Judge(cutting, ports);
            }
        }

        public async ValueTask DisposeAsync()
        {
            listener.Stop();
            await accepting;
            lock (connections)
            {
                foreach (var connection in connections)
                    connection.Close();
            }
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                try
                {
                    _ = ServeAsync(await listener.AcceptSocketAsync());
                }
                catch (Exception closed) when (closed is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return;
                }
                catch (SocketException)
                {
                    // That client left before it was let in.
                }
            }
        }

        private async Task ServeAsync(Socket client)
        {
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using (client)
            {
                client.NoDelay = true;
                var connection = new Connection(name, client, server);
                lock (connections)
                    connections.Add(connection);
                try
                {
                    await network.JudgeNew(connection);
                    if (port() is not { } at)
                        throw new SocketException((int)SocketError.ConnectionRefused);
                    await server.ConnectAsync(IPAddress.Loopback, at);
                    await Task.WhenAll(connection.PumpAsync(client, server), connection.PumpAsync(server, client));
                }
                catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
                {
                    // Nobody listens there: the client sees its connection end.
                    connection.Close();
                }
                finally
                {
                    lock (connections)
                        connections.Remove(connection);
                }
            }
        }
    }

    private sealed class Connection(string link, Socket client, Socket server)
    {
        private volatile Task open = Task.CompletedTask;

        public string Link => link;

        public Task Open => open;

        public void Judge(Cutting cutting, HashSet<int> ports)
        {
            if (link != cutting.Name && !(cutting.From(link) && client.RemoteEndPoint is IPEndPoint from && ports.Contains(from.Port)))
                return;
            open = cutting.Healed.Task;
            cutting.Held.Add(this);
        }

        public async Task PumpAsync(Socket from, Socket to)
        {
            var buffer = GC.AllocateUninitializedArray<byte>(16 * 1024);
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var received)
                {
                    await open;
                    for (var sent = 0; sent < received;)
                        sent += await to.SendAsync(buffer.AsMemory(sent, received - sent));
                }

                await open;
                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
            {
                // One side broke off: the other learns it the same way.
                Close();
            }
        }

        public void Close()
        {
            client.Close(timeout: 0);
            server.Close(timeout: 0);
        }
    }

    /// <summary>Which sockets a process has open (proc(5): net/tcp, pid/fd).</summary>
    private static class Sockets
    {
        public static HashSet<int> PortsOf(int processId)
        {
            try
            {
                var inodes = Directory.EnumerateFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd"))
                    .Select(file => new FileInfo(file).LinkTarget ?? "")
                    .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))
                    .Select(target => target["socket:[".Length..^1])
                    .ToHashSet(StringComparer.Ordinal);
                return [.. new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines)
                    .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Where(words => words.Length > 9 && inodes.Contains(words[9]))
                    .Select(words => int.Parse(words[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            }
            catch (IOException)
            {
                // The process has ended, and its sockets with it.
                return [];
            }
        }
    }
}
