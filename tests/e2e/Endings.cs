using System.Diagnostics;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.EndToEnd;

/// <summary>The platform asked to end, and what is there when it starts again.</summary>
public abstract class Endings(OwnPlatform platform) : OwnPlatformSuite(platform)
{
    [Fact]
    public async Task Platform_asked_to_end_answers_its_long_polls_drains_and_keeps_everything()
    {
        using var anonymous = new PublicApi(Platform.Process.Address);
        var (customer, path) = await OpenAsync(anonymous);
        using var _ = customer;
        await customer.PostAsync(path, new JsonObject { ["text"] = "How do I read my bill?" }, Stop);
        var waiting = customer.GetAsync(path + "?afterSequence=100&waitSeconds=30", Stop);
        await Task.Delay(300, Stop);
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(0, await Platform.Process.TerminateAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 25);
        Assert.Empty((await waiting)["messages"]!.AsArray());
        await Platform.Process.StartAgainAsync();
        var messages = (await customer.GetAsync(path, Stop))["messages"]!.AsArray();
        Assert.Equal("How do I read my bill?", (string)messages[0]!["text"]!);
    }

    private protected static async Task<(PublicApi Customer, string Path)> OpenAsync(PublicApi anonymous)
    {
        var opened = await anonymous.PostAsync("/v1/conversations", JsonNode.Parse("""{"channel":"web_chat","locale":"en","customer":{"displayName":"Kim"}}""")!.AsObject(), Stop);
        return (anonymous.As((string)opened["accessToken"]!), $"/v1/conversations/{opened["conversation"]!["id"]}/messages");
    }
}

[Collection<EmbeddedOwnPlatform>]
public sealed class EmbeddedEndings(EmbeddedOwnPlatform platform) : Endings(platform);

[Collection<LocalOwnPlatform>]
public sealed class LocalEndings(LocalOwnPlatform platform) : Endings(platform)
{
    [Fact]
    public async Task Launcher_that_is_killed_leaves_no_target_behind_and_starts_again_on_its_data()
    {
        var platform = Platform.Process;
        using var anonymous = new PublicApi(platform.Address);
        var (customer, path) = await OpenAsync(anonymous);
        using var _ = customer;
        await customer.PostAsync(path, new JsonObject { ["text"] = "How do I read my bill?" }, Stop);
        var left = platform.Processes();
        await platform.KillAsync();
        await Task.WhenAll(left.Select(process => GoneAsync(process.ProcessId))).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        await platform.StartAgainAsync();
        Assert.NotEmpty((await ReadAsync(customer, path))["messages"]!.AsArray());
    }

    private static async Task GoneAsync(int processId)
    {
        while (Directory.Exists($"/proc/{processId}"))
            await Task.Delay(100, Stop);
    }

    // Who asks processes that have only just started may have to ask again.
    private static async Task<JsonObject> ReadAsync(PublicApi customer, string path)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await customer.GetAsync(path, Stop);
            }
            catch (ProblemException late) when (late.Code == "deadline_exceeded" && tries < 3)
            {
                // Reading is repeated as it is.
            }
        }
    }
}
