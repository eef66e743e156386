using System.Globalization;
using System.Text;
using Npgsql;
using Relais.AppHost.Embedded;

namespace Relais.AppHost.Local;

/// <summary>
/// A PostgreSQL of Relais' own: its data in a folder, on a free port of 127.0.0.1, behind a generated password. It runs
/// apart from this process, and one that was left behind by a killed process is taken over.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>What to tell who lacks it.</summary>
    public const string HowToInstall = "PostgreSQL is not installed: apt-get install postgresql";

    /// <summary>In its folder; the first line has the number of the process that all others of the server hang on.</summary>
    public const string PidFile = "data/postmaster.pid";

    // The name of the superuser, and of the account of Debian's package, which runs the server where we are root.
    private const string User = "relais";
    private const string Account = "postgres";

    private readonly string folder;
    private readonly string settings;

    private PostgresServer(string folder, string password, IReadOnlyDictionary<string, string> settings)
    {
        this.folder = folder;
        this.settings = string.Join(' ', settings.Select(setting => $"-c {setting.Key}='{setting.Value}'"));
        Password = password;
    }

    public static bool IsInstalled => Program("postgres") is not null && Program("initdb") is not null && Program("pg_ctl") is not null;

    public int Port { get; private set; }

    /// <summary>The process that all others of the server hang on.</summary>
    public int ProcessId => int.Parse(File.ReadLines(PidPath).First(), CultureInfo.InvariantCulture);

    /// <summary>Names the server and no database, as <c>ConnectionStrings:postgres</c> does.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = Port, Username = User, Password = Password }.ToString();

    private string Password { get; }

    private string Data => Path.Combine(folder, "data");

    private string PidPath => Path.Combine(folder, PidFile);

    /// <summary>Starts a server on the folder's data; makes both where they are not there.</summary>
    /// <param name="settings">As in postgresql.conf.</param>
    /// <exception cref="IOException">PostgreSQL is not installed or does not start; the message says why.</exception>
    public static async Task<PostgresServer> StartAsync(
        string folder, IReadOnlyDictionary<string, string>? settings = null, CancellationToken cancellationToken = default)
    {
        if (!IsInstalled)
            throw new IOException(HowToInstall);
        folder = Path.GetFullPath(folder);
        var passwordFile = Path.Combine(folder, "password");
        if (!File.Exists(passwordFile))
        {
            DataFolder.CreatePrivate(folder);
            DataFolder.WritePrivate(passwordFile, DataFolder.NewSecret());
        }

        if (IsRoot)
            await InstalledProgram.RunAsync(InstalledProgram.Find("chown") ?? "chown", [$"{Account}:", folder, passwordFile], cancellationToken);
        var server = new PostgresServer(folder, await File.ReadAllTextAsync(passwordFile, cancellationToken), settings ?? new Dictionary<string, string>());
        if (!Directory.Exists(server.Data))
            await server.InitializeAsync(passwordFile, cancellationToken);
        try
        {
            if (await server.IsRunningAsync(cancellationToken))
                server.Port = server.ReadPort();
            else
                // Whoever gave up here would leave a server that may have to recover first: it is waited for, then stopped.
                await server.StartAgainAsync(CancellationToken.None);
            return server;
        }
        catch
        {
            // A server that was too slow for pg_ctl, or was found, runs all the same.
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string of one of its databases.</summary>
    public string ConnectionTo(string database) => new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ToString();

    /// <summary>Starts it on the port that it had.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (Port == 0)
            Port = LoopbackPorts.Next();
        var options = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {settings}");
        var log = Path.Combine(folder, "server.log");
        try
        {
            await RunAsync("pg_ctl", ["start", "-D", Data, "-w", "-s", "-t", "60", "-l", log, "-o", options.ToString()], cancellationToken);
        }
        catch (IOException failure) when (File.Exists(log))
        {
            // pg_ctl's own words only send its reader to the log.
            throw new IOException($"{failure.Message}\n{string.Join('\n', File.ReadLines(log).TakeLast(5))}", failure);
        }
    }

    /// <summary>Ends all sessions, writes everything down and stops.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => StopAsync("fast", cancellationToken);

    /// <summary>Stops at once, as a crash does; the next start recovers from the log.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => StopAsync("immediate", cancellationToken);

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopAsync(string mode, CancellationToken cancellationToken)
    {
        if (await IsRunningAsync(cancellationToken))
            await RunAsync("pg_ctl", ["stop", "-D", Data, "-m", mode, "-s"], cancellationToken);
    }

    private async Task InitializeAsync(string passwordFile, CancellationToken cancellationToken)
    {
        // Whole or not at all: a start that was cut short leaves half of one, which no server could use.
        foreach (var left in Directory.GetDirectories(folder, "data.*"))
            Directory.Delete(left, recursive: true);
        var partial = string.Create(CultureInfo.InvariantCulture, $"{Data}.{Environment.ProcessId}");
        string[] sync = settings.Contains("fsync='off'", StringComparison.Ordinal) ? ["--no-sync"] : [];
        await RunAsync("initdb",
            ["-D", partial, "-U", User, "-A", "scram-sha-256", $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C.UTF-8", .. sync], cancellationToken);
        Directory.Move(partial, Data);
    }

    public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(PidPath))
            return false;
        try
        {
            await RunAsync("pg_ctl", ["status", "-D", Data], cancellationToken);
            return true;
        }
        catch (IOException)
        {
            // Code 3: the file was left by a server that is gone.
            return false;
        }
    }

    // The fourth line (https://www.postgresql.org/docs/15/storage-file-layout.html).
    private int ReadPort() => int.Parse(File.ReadLines(PidPath).ElementAt(3), CultureInfo.InvariantCulture);

    private static bool IsRoot => Environment.UserName == "root";

    private static string? Program(string name) =>
        InstalledProgram.Find(name) ?? (Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(version => version, StringComparer.Ordinal)
                .Select(version => Path.Combine(version, "bin", name)).FirstOrDefault(File.Exists)
            : null);

    // PostgreSQL refuses to run as root. Its own account may read what is in folders for root alone, since that is where
    // root keeps the platform's data.
    private static Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken) => IsRoot
        ? InstalledProgram.RunAsync(InstalledProgram.Find("setpriv") ?? "setpriv",
            [
                $"--reuid={Account}", $"--regid={Account}", "--init-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
                "--", Program(program)!, .. arguments,
            ], cancellationToken)
        : InstalledProgram.RunAsync(Program(program)!, arguments, cancellationToken);
}
