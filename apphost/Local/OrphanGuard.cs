using System.Diagnostics;

namespace Relais.AppHost.Local;

/// <summary>
/// Ends a server that this process started when this process is gone, however it went, and no other has taken it over: a
/// shell waits for the end of a pipe that only this process holds, gives the targets their time to drain, and looks whether
/// the data folder is in use again. It watches before the server starts, and is in a session of its own, so that Ctrl-C does
/// not reach it.
/// </summary>
internal sealed class OrphanGuard : IDisposable
{
    // A line means that all is well; the end of the input without one means that the holder was killed. A process that does
    // not work in the server's folder has the number of one that ended.
    private const string Script = """
        exec >/dev/null 2>&1
        lock=$1; shift
        read -r done && exit 0
        sleep 30
        flock -w 10 "$lock" sh -c '
          cd -P "$1" || exit
          for id in $(head -n 1 "$2"); do
            case $(readlink "/proc/$id/cwd")/ in "$PWD"/*) kill -s "$3" "$id"; while kill -0 "$id"; do sleep 0.1; done;; esac
          done' relais-guard "$@"
        """;

    private readonly Process shell;

    private OrphanGuard(Process shell) => this.shell = shell;

    /// <param name="lockFile">The data folder's; who holds it owns the server.</param>
    /// <param name="folder">The server's.</param>
    /// <param name="pidFile">In the server's folder; its first line has the numbers of the server's processes.</param>
    /// <param name="signal">How they are asked to end: <c>TERM</c>, or <c>INT</c> for PostgreSQL's fast shutdown.</param>
    public static OrphanGuard Watch(string lockFile, string folder, string pidFile, string signal)
    {
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", Script, "relais-guard", lockFile, folder, pidFile, signal]) { RedirectStandardInput = true };
        return new OrphanGuard(Process.Start(start) ?? throw new InvalidOperationException("The guard could not be started."));
    }

    /// <summary>The server has ended; the guard goes without doing anything.</summary>
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
