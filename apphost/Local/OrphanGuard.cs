using System.Diagnostics;
using System.Globalization;

namespace Relais.AppHost.Local;

/// <summary>
/// Ends servers that this process started when this process is gone, however it went, and no other has taken them over: a
/// shell waits for the end of a pipe that only this process holds, gives the targets their time to drain, and looks whether
/// the data folder is in use again. It is in a session of its own, so that Ctrl-C does not reach it.
/// </summary>
internal sealed class OrphanGuard : IDisposable
{
    // A line means that all is well; the end of the input without one means that the holder was killed.
    private const string Script = """
        exec >/dev/null 2>&1
        lock=$1; signal=$2; shift 2
        read -r done && exit 0
        sleep 30
        flock -w 10 "$lock" sh -c 'signal=$1; shift; kill -s "$signal" "$@"; while kill -0 "$1"; do sleep 0.1; done' relais-guard "$signal" "$@"
        """;

    private readonly Process shell;

    private OrphanGuard(Process shell) => this.shell = shell;

    /// <param name="lockFile">The data folder's; who holds it owns the servers.</param>
    /// <param name="signal">How they are asked to end: <c>TERM</c>, or <c>INT</c> for PostgreSQL's fast shutdown.</param>
    public static OrphanGuard Watch(string lockFile, string signal, params IEnumerable<int> processIds)
    {
        var start = new ProcessStartInfo("setsid",
            ["/bin/sh", "-c", Script, "relais-guard", lockFile, signal, .. processIds.Select(id => id.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardInput = true,
        };
        return new OrphanGuard(Process.Start(start) ?? throw new InvalidOperationException("The guard could not be started."));
    }

    /// <summary>The servers have ended; the guard goes without doing anything.</summary>
    public void Dispose()
    {
        try
        {
            shell.StandardInput.WriteLine("done");
            shell.StandardInput.Close();
        }
        catch (IOException)
        {
            // Somebody has ended the guard before.
        }

        shell.Dispose();
    }
}
