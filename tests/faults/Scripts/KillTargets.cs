namespace Relais.Faults.Scripts;

/// <summary>SIGKILL for a replica of each kind of target, one after the other.</summary>
internal sealed class KillTargets : IFaultScript
{
    public string Name => "kill-targets";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var targets = LocalStage.Targets.ToArray();
        scene.Random.Shuffle(targets);
        foreach (var target in targets)
        {
            var replica = scene.Random.Next(1, LocalStage.Replicas + 1);
            var pause = scene.Between(0.3, 1.5);
            await Task.Delay(pause, cancellationToken);
            var victim = await scene.Stage.RunningAsync(target, replica, cancellationToken);
            scene.Say($"SIGKILL for {victim.Name}");
            await victim.SignalAsync("KILL");
        }
    }
}
