namespace Relais.Faults.Scripts;

/// <summary>A way of harming the platform while customers and experts are at work.</summary>
internal interface IFaultScript
{
    /// <summary>As <c>--script</c> names it.</summary>
    string Name { get; }

    /// <summary>Why it cannot run here, and how to get what it needs; null when it can.</summary>
    string? Missing(LocalStage stage) => null;

    /// <summary>Does its harm and ends it: when it completes, everything that it stopped runs again.</summary>
    Task RunAsync(FaultScene scene, CancellationToken cancellationToken);
}

/// <summary>Where and how hard a script does its harm.</summary>
/// <param name="Random">Every choice is taken from it.</param>
/// <param name="IsLong">Whether there is time for outages of a minute.</param>
internal sealed record FaultScene(LocalStage Stage, Random Random, bool IsLong, Action<string> Say)
{
    public T Choose<T>(IReadOnlyList<T> among) => among[Random.Next(among.Count)];

    public bool Toss() => Random.Next(2) == 0;

    public TimeSpan Between(double seconds, double otherSeconds) => TimeSpan.FromSeconds(seconds + (Random.NextDouble() * (otherSeconds - seconds)));

    /// <summary>How long a server is away: 10 s or a minute where there is time, else some seconds.</summary>
    public TimeSpan Outage() => IsLong ? TimeSpan.FromSeconds(Toss() ? 10 : 60) : Between(2, 4);
}

internal static class FaultScripts
{
    public static IReadOnlyList<IFaultScript> All { get; } =
    [
        new KillTargets(), new RabbitMqAway(), new RedisAway(), new RedisForgets(), new PostgresAway(), new PostgresSessionsEnded(),
        new TargetSuspended(), new Poison(), new EventsTwice(), new DiskFull(), new TargetCutOff(),
    ];
}
