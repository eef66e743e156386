using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>The disk that PostgreSQL writes to is full for a while; it may end over it, and is started when there is room again.</summary>
internal sealed class DiskFull : IFaultScript
{
    public string Name => "disk-full";

    public string? Missing(LocalStage stage) => stage.Disk is null ? "A small disk must be mounted: run it as root, where mount is allowed." : null;

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var leave = scene.Random.Next(4) * 256L * 1024;
        var outage = scene.IsLong ? scene.Between(10, 30) : scene.Between(3, 5);
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"the disk is full but for {leave / 1024} KB for {outage.TotalSeconds:0} s"));
        scene.Stage.Disk!.Fill(leave);
        try
        {
            await Task.Delay(outage, cancellationToken);
        }
        finally
        {
            scene.Stage.Disk.Free();
        }

        if (!await scene.Stage.Postgres.IsRunningAsync(cancellationToken))
        {
            scene.Say("PostgreSQL had ended over it and is started again");
            await scene.Stage.Postgres.StartAgainAsync(cancellationToken);
        }
    }
}
