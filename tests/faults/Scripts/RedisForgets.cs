namespace Relais.Faults.Scripts;

/// <summary>All that Redis holds is gone from one moment to the next, several times.</summary>
internal sealed class RedisForgets : IFaultScript
{
    public string Name => "redis-forgets";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        for (var times = scene.Random.Next(3, 6); times > 0; times--)
        {
            scene.Say("FLUSHALL");
            if (await scene.Stage.Redis.SayAsync("FLUSHALL", cancellationToken) != "+OK")
                throw new IOException("Redis did not forget.");
            await Task.Delay(scene.Between(0.2, 1), cancellationToken);
        }
    }
}
