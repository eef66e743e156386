using Relais.Faults.Scripts;

namespace Relais.Faults;

/// <summary>A local platform for scripts that are played one after the other; a new one after a script that it did not pass.</summary>
public sealed class SharedStage : IAsyncDisposable
{
    private LocalStage? stage;

    internal async Task<LocalStage> StartAsync(CancellationToken cancellationToken) => stage ??= await LocalStage.StartAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (stage is not null)
            await stage.DisposeAsync();
        stage = null;
    }
}

public sealed class LocalSuite(SharedStage shared) : IClassFixture<SharedStage>
{
    public static TheoryData<string> Scripts => [.. FaultScripts.All.Select(script => script.Name)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Platform_of_two_replicas_under_load_loses_and_doubles_nothing(string script)
    {
        if (LocalStage.Missing is { } missing)
            Assert.Skip(missing);
        var stage = await shared.StartAsync(TestContext.Current.CancellationToken);
        var harm = FaultScripts.All.First(entry => entry.Name == script);
        if (harm.Missing(stage) is { } unplayable)
            Assert.Skip(unplayable);
        var passed = false;
        try
        {
            var report = await LocalRun.PlayAsync(
                stage, harm, new LocalPlan(Environment.TickCount, IsLong: false), TestContext.Current.SendDiagnosticMessage, TestContext.Current.CancellationToken);
            Assert.True(report.Violations.Count == 0, report.ToString());
            // Of three customers with numbers in a row there is one for each course.
            Assert.True(report is { Resolved: >= 3, Declined: > 0, Reassigned: > 0, Confirmed: > 0 }, report.ToString());
            passed = true;
        }
        finally
        {
            // What this script broke must not be held against the next.
            if (!passed)
                await shared.DisposeAsync();
        }
    }
}
