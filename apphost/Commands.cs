using System.Globalization;
using Relais.AppHost.Embedded;
using Relais.AppHost.Local;
using Relais.AppHost.Operations;
using Relais.AppHost.Play;
using Relais.Common.Data;
using Relais.Common.Hosting;

namespace Relais.AppHost;

/// <summary>What <c>./run</c> understands.</summary>
internal static class Commands
{
    /// <summary>The exit code of a command line that cannot be understood (sysexits.h).</summary>
    public const int WrongUsage = 64;

    private const string Usage = """
        usage: ./run [--data DIR] [--port N]
                 start Relais in one process, with the demo tenant
               ./run --mode local [--replicas N] [--data DIR] [--port N]
                 start each target in processes of its own, with PostgreSQL, Redis and RabbitMQ: those that
                 ConnectionStrings__postgres, ConnectionStrings__redis and ConnectionStrings__rabbitmq name,
                 else the ones installed on this machine, each started for this platform alone
               ./run play [--locale fr|en] [--kb FILE [--queries FILE]] [--url URL --accounts FILE]
                 play the main job through the public API, on a platform of its own or the one at URL
               ./run dead-letters list [TARGET] | show TARGET ID | replay TARGET [ID…] | discard TARGET ID…|unreadable
                               [--url URL] [--accounts FILE]
                 the events that targets gave up, on the platform at URL (the one at --port); without ids all are replayed;
                 what is discarded, by its ids or all that cannot be read, is gone
               ./run migrate
                 bring the databases on the PostgreSQL of ConnectionStrings__postgres to this version

        --data DIR       where databases, keys and demo-accounts.json are kept (./data)
        --port N         the public face on 127.0.0.1 (5080; 0 for any free port)
        --replicas N     processes of each target in the local mode, 1 to 9 (1)
        --kb FILE        import this knowledge base first (a JSON array of articles) and ask questions from it
        --queries FILE   tab-separated, with a header and a column `query`; without it the titles are asked
        """;

    private static readonly string[] Known = ["data", "port", "mode", "replicas", "locale", "kb", "queries", "url", "accounts"];

    public static async Task<int> RunAsync(string[] args)
    {
        var play = args is ["play", ..];
        if (args is ["--help" or "-h" or "help", ..])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        if (args is ["dead-letters", .. var rest])
        {
            var words = rest.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal)).ToArray();
            return TryRead(rest[words.Length..], out var given, out var wrong)
                ? await GuardAsync(() => DeadLettersCommand.RunAsync(words, given))
                : await RefuseAsync(wrong);
        }

        if (args is ["migrate"])
            return await GuardAsync(MigrateCommand.RunAsync);
        if (!TryRead(play ? args[1..] : args, out var options, out var problem))
            return await RefuseAsync(problem);
        if (!int.TryParse(options.GetValueOrDefault("port", "5080"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
            return await RefuseAsync($"--port must be a number from 0 to 65535, not '{options["port"]}'.");
        var mode = options.GetValueOrDefault("mode", "embedded");
        if (mode is not ("embedded" or "local") || (play && mode != "embedded"))
            return await RefuseAsync(play ? "The play starts --mode embedded; for another platform give --url and --accounts." : $"--mode is embedded or local, not '{mode}'.");
        if (!int.TryParse(options.GetValueOrDefault("replicas", "1"), NumberStyles.None, CultureInfo.InvariantCulture, out var replicas) || replicas is < 1 or > LocalCommand.MostReplicas)
            return await RefuseAsync($"--replicas must be a number from 1 to {LocalCommand.MostReplicas}, not '{options["replicas"]}'.");
        if (replicas > 1 && mode != "local")
            return await RefuseAsync("--replicas needs --mode local: the embedded mode is one process.");
        return await GuardAsync(async () =>
        {
            if (play)
                return await PlayCommand.RunAsync(options);
            var folder = new DataFolder(options.GetValueOrDefault("data", "data"));
            return mode == "local" ? await LocalCommand.RunAsync(folder, port, replicas) : await EmbeddedCommand.RunAsync(folder, port);
        });
    }

    private static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception refusal) when (refusal is InvalidConfigurationException or SchemaBehindException)
        {
            await Console.Error.WriteLineAsync(refusal.Message);
            return TargetProgram.InvalidConfiguration;
        }
        catch (Exception unusable) when (unusable is SchemaLockedException or IOException || DatabaseTroubles.IsPassing(unusable))
        {
            // The data folder is in use or cannot be written, the port is taken, a server or a named file is not there.
            await Console.Error.WriteLineAsync(unusable.Message);
            return 1;
        }
    }

    private static async Task<int> RefuseAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"{problem}\n\n{Usage}");
        return WrongUsage;
    }

    private static bool TryRead(string[] args, out Dictionary<string, string> options, out string problem)
    {
        options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            var name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..] : "";
            if (!Known.Contains(name, StringComparer.Ordinal))
            {
                problem = $"'{args[i]}' is not an option.";
                return false;
            }

            if (i + 1 == args.Length)
            {
                problem = $"--{name} needs a value.";
                return false;
            }

            options[name] = args[i + 1];
        }

        if (options.TryGetValue("url", out var url) && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme.StartsWith("http", StringComparison.Ordinal)))
        {
            problem = $"--url must be the address of a platform, as http://127.0.0.1:5080, not '{url}'.";
            return false;
        }

        problem = "";
        return true;
    }
}
