using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>
/// SIGSTOP for longer than a lease, then SIGCONT: a process that wakes up believing that it still owns what others have
/// taken over. Routing first, since it owns the most; the long run takes any target.
/// </summary>
internal sealed class TargetSuspended : IFaultScript
{
    public string Name => "target-suspended";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var others = LocalStage.Targets.Where(target => target != "routing").ToList();
        foreach (var target in new[] { "routing", scene.Choose(others) })
        {
            var victim = await scene.Stage.RunningAsync(target, scene.Random.Next(1, LocalStage.Replicas + 1), cancellationToken);
            var sleep = LocalStage.LeaseDuration + (scene.IsLong ? scene.Between(1, 20) : scene.Between(1, 3));
            scene.Say(string.Create(CultureInfo.InvariantCulture, $"SIGSTOP for {victim.Name}, SIGCONT after {sleep.TotalSeconds:0.0} s"));
            await victim.SignalAsync("STOP");
            try
            {
                await Task.Delay(sleep, cancellationToken);
            }
            finally
            {
                await victim.SignalAsync("CONT");
            }
        }
    }
}
