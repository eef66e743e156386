using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>Starting, and being looked at.</summary>
public abstract class Lifecycle(SharedPlatform platform) : ModeSuite(platform)
{
    [Fact]
    public async Task Second_process_on_the_same_data_folder_is_refused_with_the_reason()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(PublicApi).Assembly.Location, "--data", Platform.Process.Folder, "--port", "0", .. Platform.Mode.Arguments]) { RedirectStandardError = true };
        using var second = Process.Start(start)!;
        var error = await second.StandardError.ReadToEndAsync(Stop);
        await second.WaitForExitAsync(Stop);
        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains("data folder", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_and_documentation_are_there_for_anybody()
    {
        using var http = new HttpClient { BaseAddress = Platform.Process.Address };
        foreach (var path in new[] { "/health/live", "/health/ready", "/openapi/v1.json", "/docs/", "/.well-known/jwks.json" })
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(path, Stop)).StatusCode);
    }

    [Fact]
    public async Task Partner_signs_in_with_client_credentials_and_reads_what_its_scopes_allow()
    {
        using var http = new HttpClient { BaseAddress = Platform.Process.Address };
        var client = Platform.Process.Accounts()["clients"]![0]!;
        var answer = await http.PostAsync("/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = (string)client["clientId"]!, ["client_secret"] = (string)client["clientSecret"]!,
        }), Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var token = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!;
        using var partner = Platform.Anonymous.As((string)token["access_token"]!);
        await partner.GetAsync("/v1/tickets", Stop);
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<ProblemException>(() => partner.GetAsync("/v1/staff", Stop))).Status);
    }

    [Fact]
    public void Accounts_and_secrets_are_readable_by_the_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Unix file modes do not exist here.");
            return;
        }

        foreach (var file in new[] { "demo-accounts.json", "secrets.json" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Platform.Process.Folder, file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Platform.Process.Folder));
    }

    [Theory]
    [InlineData("fr")]
    [InlineData("en")]
    public async Task Play_goes_from_the_first_question_to_the_figures(string locale)
    {
        var start = new ProcessStartInfo("dotnet",
            [typeof(PublicApi).Assembly.Location, "play", "--locale", locale, "--url", Platform.Process.Address.ToString(), "--accounts", Path.Combine(Platform.Process.Folder, "demo-accounts.json")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var play = Process.Start(start)!;
        var (output, error) = (play.StandardOutput.ReadToEndAsync(Stop), play.StandardError.ReadToEndAsync(Stop));
        await play.WaitForExitAsync(Stop);
        var (said, complained) = (await output, await error);
        Assert.True(play.ExitCode == 0, $"{said}\n{complained}");
        Assert.Contains("reads the figures", said, StringComparison.Ordinal);
    }
}

[Collection<EmbeddedPlatform>]
public sealed class EmbeddedLifecycle(EmbeddedPlatform platform) : Lifecycle(platform);

[Collection<LocalPlatform>]
public sealed class LocalLifecycle(LocalPlatform platform) : Lifecycle(platform);

/// <summary>What the command line refuses.</summary>
public sealed class WrongUsage
{
    [Theory]
    [InlineData("--port", "eighty")]
    [InlineData("--colour", "red")]
    [InlineData("--data", null)]
    [InlineData("--mode", "cloud")]
    [InlineData("--replicas", "2")]
    public async Task Wrong_option_is_refused_with_the_usage(string option, string? value)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(PublicApi).Assembly.Location, option, .. value is null ? Array.Empty<string>() : [value]]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(64, process.ExitCode);
        Assert.Contains("usage: ./run", error, StringComparison.Ordinal);
    }
}
