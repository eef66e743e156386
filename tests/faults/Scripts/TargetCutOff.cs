using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>One replica neither reaches the other targets nor is reached by them; the second one loses the broker and Redis as well.</summary>
internal sealed class TargetCutOff : IFaultScript
{
    public string Name => "target-cut-off";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        foreach (var servers in new[] { false, true })
        {
            var victim = await scene.Stage.RunningAsync(scene.Choose(LocalStage.Targets), scene.Random.Next(1, LocalStage.Replicas + 1), cancellationToken);
            var outage = scene.IsLong ? scene.Between(5, 30) : scene.Between(4, 6);
            scene.Say(string.Create(CultureInfo.InvariantCulture, $"{victim.Name} is cut off from the other targets{(servers ? ", RabbitMQ and Redis" : "")} for {outage.TotalSeconds:0.0} s"));
            scene.Stage.Network.Cut(victim.Name, victim.ProcessId, link => link.Contains('/', StringComparison.Ordinal) || (servers && link is "rabbitmq" or "redis"));
            int held;
            try
            {
                await Task.Delay(outage, cancellationToken);
            }
            finally
            {
                held = scene.Stage.Network.Heal();
            }

            if (held == 0)
                throw new FaultException($"{victim.Name} had no connection that could be cut off");
        }
    }
}
