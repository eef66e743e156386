namespace Relais.Faults.Scripts;

/// <summary>SIGKILL for a replica of each kind of target, one after the other.</summary>
internal sealed class KillTargets : IFaultScript
{
    public string Name => "kill-targets";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var targets = scene.Stage.Processes.Select(process => process.Target).Distinct().Order(StringComparer.Ordinal).ToArray();
        scene.Random.Shuffle(targets);
        foreach (var target in targets)
        {
            var replica = scene.Random.Next(1, 3);
            var pause = scene.Between(0.3, 1.5);
            await Task.Delay(pause, cancellationToken);
            // The launcher may be starting it again just now.
            if (scene.Stage.Processes.FirstOrDefault(process => process.Target == target && process.Replica == replica) is not { } victim)
                continue;
            scene.Say($"SIGKILL for {victim.Name}");
            await victim.SignalAsync("KILL");
        }
    }
}
