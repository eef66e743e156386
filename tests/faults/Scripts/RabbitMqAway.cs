using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>RabbitMQ stops in order or dies, stays away, and comes back with what it had.</summary>
internal sealed class RabbitMqAway : IFaultScript
{
    public string Name => "rabbitmq-away";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var dies = scene.Toss();
        var outage = scene.Outage();
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"RabbitMQ {(dies ? "dies" : "stops")} for {outage.TotalSeconds:0} s"));
        if (dies)
            await scene.Stage.RabbitMq.KillAsync();
        else
            await scene.Stage.RabbitMq.StopAsync();
        await Task.Delay(outage, cancellationToken);
        await scene.Stage.RabbitMq.StartAgainAsync(cancellationToken);
    }
}
