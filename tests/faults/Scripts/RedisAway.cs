using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>Redis stops or dies, stays away, and comes back empty.</summary>
internal sealed class RedisAway : IFaultScript
{
    public string Name => "redis-away";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var dies = scene.Toss();
        var outage = scene.Outage();
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"Redis {(dies ? "dies" : "stops")} for {outage.TotalSeconds:0} s"));
        if (dies)
            await scene.Stage.Redis.KillAsync(cancellationToken);
        else
            await scene.Stage.Redis.StopAsync(cancellationToken);
        await Task.Delay(outage, cancellationToken);
        await scene.Stage.Redis.StartAgainAsync(cancellationToken);
    }
}
