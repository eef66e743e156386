namespace Relais.Faults;

public sealed class KillSuite
{
    [Fact]
    public async Task Process_killed_at_twenty_random_moments_loses_and_doubles_nothing()
    {
        var report = await KillRun.PlayAsync(
            new KillPlan(Kills: 20, Conversations: 20, Seed: Environment.TickCount), TestContext.Current.SendDiagnosticMessage, TestContext.Current.CancellationToken);
        Assert.True(report.Violations.Count == 0, report.ToString());
        Assert.True(report is { Resolved: >= 20, Declined: > 0, Reassigned: > 0, Confirmed: > 0 }, report.ToString());
    }
}
