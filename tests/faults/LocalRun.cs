using System.Diagnostics;
using System.Globalization;
using Relais.Faults.Scripts;

namespace Relais.Faults;

/// <summary>How hard a script is played.</summary>
/// <param name="Seed">Of every random choice.</param>
/// <param name="IsLong">With outages of a minute and more customers.</param>
internal sealed record LocalPlan(int Seed, bool IsLong)
{
    public int Customers => IsLong ? 12 : 3;
}

/// <summary>Plays a script on the local mode under load, waits until the platform has caught up, and checks everything.</summary>
internal static class LocalRun
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(2);

    public static async Task<FaultReport> PlayAsync(
        LocalStage stage, IFaultScript script, LocalPlan plan, Action<string> say, CancellationToken cancellationToken)
    {
        var report = new FaultReport(string.Create(CultureInfo.InvariantCulture, $"{script.Name}, seed {plan.Seed}"));
        var began = Stopwatch.GetTimestamp();
        using var load = await Load.StartAsync(stage.Platform, stage.Anonymous, plan.Customers, plan.Seed, cancellationToken);
        try
        {
            await script.RunAsync(
                new FaultScene(stage, new Random(plan.Seed), plan.IsLong, what => say($"{script.Name}: {what}")), cancellationToken);
        }
        catch (FaultException violation)
        {
            report.Add(violation.Message);
        }

        var harmed = Stopwatch.GetElapsedTime(began);
        report.Violations.AddRange(await load.FinishAsync(LongestRest));
        report.Violations.AddRange(await Settled.WaitAsync(stage.Databases, stage.Broker.LeftAsync, LongestRest, cancellationToken));
        var settled = Stopwatch.GetElapsedTime(began);
        var administrator = await Persistent.CallAsync(() => stage.Platform.SignInAsync(stage.Anonymous, "administrator", cancellationToken), cancellationToken);
        await new Checker(stage.Databases, administrator, report).CheckAsync(load.Journal, cancellationToken);
        say(string.Create(CultureInfo.InvariantCulture, $"{report} (harmed for {harmed.TotalSeconds:0.0} s, at rest after {settled.TotalSeconds:0.0} s, checked after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s)"));
        return report;
    }
}
