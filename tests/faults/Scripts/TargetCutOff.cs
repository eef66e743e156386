using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>One replica neither reaches the other targets nor is reached by them; the second one loses the broker and Redis as well.</summary>
internal sealed class TargetCutOff : IFaultScript
{
    public string Name => "target-cut-off";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var processes = scene.Stage.Processes.OrderBy(process => process.Name, StringComparer.Ordinal).ToList();
        foreach (var servers in new[] { false, true })
        {
            var victim = scene.Choose(processes);
            var outage = scene.IsLong ? scene.Between(5, 30) : scene.Between(4, 6);
            scene.Say(string.Create(CultureInfo.InvariantCulture, $"{victim.Name} is cut off from the other targets{(servers ? ", RabbitMQ and Redis" : "")} for {outage.TotalSeconds:0.0} s"));
            scene.Stage.Network.Cut(victim.Name, victim.ProcessId, link => link.Contains('/', StringComparison.Ordinal) || (servers && link is "rabbitmq" or "redis"));
            try
            {
                await Task.Delay(outage, cancellationToken);
            }
            finally
            {
                scene.Stage.Network.Heal();
            }
        }
    }
}
