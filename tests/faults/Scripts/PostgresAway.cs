using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>PostgreSQL stops in order or crashes, stays away, and comes back with what was committed.</summary>
internal sealed class PostgresAway : IFaultScript
{
    public string Name => "postgres-away";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var crashes = scene.Toss();
        var outage = scene.Outage();
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {(crashes ? "crashes" : "stops")} for {outage.TotalSeconds:0} s"));
        if (crashes)
            await scene.Stage.Postgres.KillAsync(cancellationToken);
        else
            await scene.Stage.Postgres.StopAsync(cancellationToken);
        await Task.Delay(outage, cancellationToken);
        await scene.Stage.Postgres.StartAgainAsync(cancellationToken);
    }
}
