using System.Globalization;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>How often to kill under how much load.</summary>
internal sealed record KillPlan(int Kills, int Conversations, int Seed);

/// <summary>
/// The embedded mode: drives conversations through the main job side by side while the process is killed and started again,
/// then checks that everything acknowledged is there once.
/// </summary>
internal static class KillRun
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(2);

    public static async Task<FaultReport> PlayAsync(KillPlan plan, Action<string> say, CancellationToken cancellationToken)
    {
        await using var platform = await PlatformProcess.StartAsync(new Dictionary<string, string> { ["Identity__PasswordIterations"] = "10000" });
        using var anonymous = new PublicApi(platform.Address);
        using var load = await Load.StartAsync(platform, anonymous, plan.Conversations, plan.Seed, cancellationToken);
        var random = new Random(plan.Seed);
        for (var kill = 1; kill <= plan.Kills; kill++)
        {
            await Task.Delay(random.Next(100, 1_500), cancellationToken);
            await platform.KillAsync();
            await platform.StartAgainAsync();
            say(string.Create(CultureInfo.InvariantCulture, $"kill {kill} of {plan.Kills} (seed {plan.Seed}): ready again after {platform.StartTime.TotalSeconds:0.0} s, {load.Journal.Conversations.Count} conversations"));
        }

        var report = new FaultReport(string.Create(CultureInfo.InvariantCulture, $"{plan.Kills} kills, seed {plan.Seed}"));
        var databases = Databases.OfFolder(platform.Folder);
        report.Violations.AddRange(await load.FinishAsync(LongestRest));
        report.Violations.AddRange(await Settled.WaitAsync(databases, queues: null, LongestRest, cancellationToken));
        var administrator = await platform.SignInAsync(anonymous, "administrator", cancellationToken);
        await new Checker(databases, administrator, report).CheckAsync(load.Journal, cancellationToken);
        await platform.TerminateAsync();
        return report;
    }
}
