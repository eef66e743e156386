using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.AppHost.Demo;
using Relais.AppHost.Embedded;

namespace Relais.AppHost.Play;

/// <summary>Plays the main job through the public API: one customer and one expert, each step with its time.</summary>
internal static class PlayCommand
{
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string> options)
    {
        var locale = options.GetValueOrDefault("locale", "fr");
        if (locale is not ("fr" or "en"))
        {
            await Console.Error.WriteLineAsync($"--locale is fr or en, not '{locale}'.");
            return Commands.WrongUsage;
        }

        using var shutdown = new Common.Hosting.ShutdownSignals();
        if (options.TryGetValue("url", out var url))
        {
            if (!options.TryGetValue("accounts", out var accounts))
            {
                await Console.Error.WriteLineAsync("--url needs --accounts, the demo-accounts.json of that platform.");
                return Commands.WrongUsage;
            }

            return await PlayAsync(new Uri(url), accounts, locale, options, shutdown.Token);
        }

        // A platform of its own, which leaves nothing behind.
        var root = options.GetValueOrDefault("data") ?? Path.Combine(Path.GetTempPath(), "relais-play-" + Guid.NewGuid().ToString("N"));
        try
        {
            using var folder = new DataFolder(root);
            // Its words are not to be looked for among the platform's.
            var settings = DemoTenant.Settings(folder);
            settings["Logging:LogLevel:Relais"] = "Warning";
            await using var platform = await EmbeddedPlatform.StartAsync(folder, 0, settings, shutdown.Token);
            await DemoTenant.FillAsync(folder, EmbeddedPlatform.Store, platform.Address, shutdown.Token);
            var code = await PlayAsync(platform.Address, folder.AccountsFile, locale, options, shutdown.Token);
            await platform.StopAsync(CancellationToken.None);
            return code;
        }
        finally
        {
            if (!options.ContainsKey("data"))
                Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<int> PlayAsync(
        Uri address, string accountsFile, string locale, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        var accounts = JsonNode.Parse(await File.ReadAllTextAsync(accountsFile, cancellationToken))!.AsObject();
        using var anonymous = new PublicApi(address);
        var stage = new Stage();
        try
        {
            if (options.TryGetValue("kb", out var file))
            {
                var author = await SignInAsync(anonymous, accounts, "administrator", cancellationToken);
                await KnowledgePlay.RunAsync(stage, anonymous, author, file, options.GetValueOrDefault("queries"), locale, cancellationToken);
            }

            await MainJobPlay.RunAsync(stage, anonymous, accounts, locale, cancellationToken);
            return 0;
        }
        catch (ProblemException problem)
        {
            await Console.Error.WriteLineAsync($"The play stopped: {problem.Message}");
            return 1;
        }
        catch (PlayException problem)
        {
            await Console.Error.WriteLineAsync($"The play stopped: {problem.Message}");
            return 1;
        }
    }

    internal static async Task<PublicApi> SignInAsync(PublicApi anonymous, JsonObject accounts, string role, CancellationToken cancellationToken)
    {
        var account = accounts["accounts"]!.AsArray().First(entry => entry!["roles"]!.AsArray().Any(name => (string)name! == role))!;
        return await anonymous.SignInAsync((string)accounts["tenant"]!, (string)account["email"]!, (string)account["password"]!, cancellationToken);
    }
}

/// <summary>The platform did not do what the play expects of it.</summary>
internal sealed class PlayException(string message) : Exception(message);
