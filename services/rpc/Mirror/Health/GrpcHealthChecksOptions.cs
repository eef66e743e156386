using System.Collections;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks;

public sealed class GrpcHealthChecksOptions
{
    public GrpcHealthChecksOptions() { }

    /// <summary>Which health checks make up the status of each service name; the empty name is the whole server.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Watches stay open when the application begins to stop.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }

    /// <summary>Check answers with the last published result instead of running the health checks.</summary>
    public bool UseHealthChecksCache { get; set; }
}

/// <summary>The health checks of one service name.</summary>
public sealed class ServiceMapping
{
    public ServiceMapping(string name, Func<HealthResult, bool> predicate)
    {
        Name = name;
        Predicate = predicate;
    }

    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        Name = name;
        HealthCheckPredicate = predicate;
    }

    public string Name { get; }

    /// <summary>Chooses checks before they run.</summary>
    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }

    /// <summary>Chooses results after all checks ran.</summary>
    public Func<HealthResult, bool>? Predicate { get; }
}

/// <summary>A health check by its registration.</summary>
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    public string Name { get; } = name;

    public IEnumerable<string> Tags { get; } = tags;
}

/// <summary>What a health check found.</summary>
public sealed class HealthResult(string name, IEnumerable<string> tags, HealthStatus status, string? description, TimeSpan duration, Exception? exception, IReadOnlyDictionary<string, object> data)
{
    public string Name { get; } = name;

    public IEnumerable<string> Tags { get; } = tags;

    public HealthStatus Status { get; } = status;

    public string? Description { get; } = description;

    public TimeSpan Duration { get; } = duration;

    public Exception? Exception { get; } = exception;

    public IReadOnlyDictionary<string, object> Data { get; } = data;
}

/// <summary>One mapping for a name; a later one takes the place of an earlier one.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    public ServiceMappingCollection() { }

    public int Count => _mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => _mappings[name] = new ServiceMapping(name, predicate);

    /// <summary>Runs all checks and takes the results that the predicate chooses.</summary>
    public void MapService(string name, Func<HealthResult, bool> predicate) => _mappings[name] = new ServiceMapping(name, predicate);

    public void Add(ServiceMapping service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _mappings.Add(service.Name, service);
    }

    public void Remove(string name) => _mappings.Remove(name);

    public void Clear() => _mappings.Clear();

    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _mappings.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) => _mappings.ContainsValue(item) && _mappings.Remove(item.Name);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ServiceMapping? Find(string name) => _mappings.GetValueOrDefault(name);
}
