using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.AppHost.Play;
using Relais.Contracts;

namespace Relais.AppHost.Operations;

/// <summary>Lists, shows, replays and discards the events that targets gave up, through the public API as an administrator.</summary>
internal static class DeadLettersCommand
{
    /// <param name="words">What stands between the command and its options: <c>list</c>, <c>show TARGET ID</c>, <c>replay TARGET ID…</c>, <c>discard TARGET ID…</c>.</param>
    public static async Task<int> RunAsync(string[] words, IReadOnlyDictionary<string, string> options)
    {
        using var shutdown = new Common.Hosting.ShutdownSignals();
        var stop = shutdown.Token;
        try
        {
            using var anonymous = new PublicApi(new Uri(options.GetValueOrDefault("url", "http://127.0.0.1:" + options.GetValueOrDefault("port", "5080"))));
            using var api = await SignInAsync(anonymous, options, stop);
            switch (words)
            {
                case ["list"]:
                    foreach (var each in ContractCatalogue.Targets)
                        await ListAsync(api, each, stop);
                    return 0;
                case ["list", var only]:
                    await ListAsync(api, only, stop);
                    return 0;
                case ["show", var target, var id]:
                    Console.WriteLine(await api.GetAsync($"/v1/targets/{target}/deadLetters/{id}", stop));
                    return 0;
                case ["replay", var from, .. var ids]:
                    var answer = await api.PostAsync(
                        $"/v1/targets/{from}/deadLetters:replay", Named(ids), stop);
                    Console.WriteLine($"{answer["replayed"] ?? 0} replayed");
                    return 0;
                case ["discard", var from, "unreadable"]:
                    await DiscardAsync(api, from, new JsonObject { ["unreadable"] = true }, stop);
                    return 0;
                case ["discard", var from, _, ..]:
                    await DiscardAsync(api, from, Named(words[2..]), stop);
                    return 0;
                default:
                    await Console.Error.WriteLineAsync("usage: ./run dead-letters list [TARGET] | show TARGET ID | replay TARGET [ID…] | discard TARGET ID…|unreadable");
                    return Commands.WrongUsage;
            }
        }
        catch (ProblemException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 1;
        }
        catch (HttpRequestException away)
        {
            await Console.Error.WriteLineAsync($"The platform does not answer: {away.Message}");
            return 1;
        }
    }

    private static JsonObject Named(string[] ids) => new() { ["ids"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) };

    private static async Task DiscardAsync(PublicApi api, string target, JsonObject which, CancellationToken stop)
    {
        var answer = await api.PostAsync($"/v1/targets/{target}/deadLetters:discard", which, stop);
        Console.WriteLine($"{answer["discarded"] ?? 0} thrown away");
    }

    private static async Task ListAsync(PublicApi api, string target, CancellationToken stop)
    {
        var answer = await api.GetAsync($"/v1/targets/{target}/deadLetters", stop);
        foreach (var letter in answer["deadLetters"]?.AsArray() ?? [])
            Console.WriteLine($"{target}  {letter!["id"]}  {letter["givenUpAt"]}  {letter["event"]}  {letter["key"]}  {letter["error"]}");
    }

    private static async Task<PublicApi> SignInAsync(PublicApi anonymous, IReadOnlyDictionary<string, string> options, CancellationToken stop)
    {
        var file = options.GetValueOrDefault("accounts", Path.Combine(options.GetValueOrDefault("data", "data"), "demo-accounts.json"));
        return await PlayCommand.SignInAsync(anonymous, JsonNode.Parse(await File.ReadAllTextAsync(file, stop))!.AsObject(), "administrator", stop);
    }
}
