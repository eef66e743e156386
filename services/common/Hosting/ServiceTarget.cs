using Microsoft.AspNetCore.Builder;

namespace Relais.Common.Hosting;

/// <summary>A service or the gateway: what the platform is made of, each in its own process or several in one.</summary>
public abstract class ServiceTarget
{
    /// <summary>Lower case, as in addresses and metrics: <c>tickets</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Targets that must have started before this one, and that it calls.</summary>
    public virtual IReadOnlyList<string> Needs => [];

    /// <summary>Whether its HTTP endpoint is for the world, and not for the platform's operators alone.</summary>
    public virtual bool IsPublic => false;

    /// <summary>Registers the target's own services. Wrong configuration is reported, not thrown.</summary>
    public abstract void Configure(WebApplicationBuilder builder);

    /// <summary>Maps what the target answers to.</summary>
    public abstract void Map(WebApplication app);

    /// <summary>Runs after migrations and before the target accepts anything: fills memory from the database.</summary>
    public virtual Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Which target this container runs.</summary>
public sealed record TargetIdentity(string Name)
{
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where the target's other replicas reach this one by gRPC; completes when it listens.</summary>
    public Task<Uri> Address => address.Task;

    /// <summary>The same, or null before it listens.</summary>
    public Uri? KnownAddress { get; private set; }

    internal void ListensAt(Uri at)
    {
        KnownAddress = at;
        address.TrySetResult(at);
    }
}
