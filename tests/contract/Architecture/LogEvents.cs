using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Relais.Contract.Architecture;

/// <summary>What operators tell log lines apart by.</summary>
public sealed partial class LogEvents
{
    // What else operations.md writes so.
    private static readonly string[] MetricsOf = ["relais_", "rpc_", "http_", "db_", "dotnet_"];

    private static readonly string[] Others =
    [
        "consumer_failures", "queue_depth",
        "default_toast_compression", "max_connections", "pg_terminate_backend", "statement_timeout",
        "max_message_size",
    ];

    private static readonly List<LoggerMessageAttribute> Events =
    [
        .. new[] { "Common", "Identity", "Knowledge", "Channels", "Tickets", "Routing", "Surveys", "Gateway" }
            .SelectMany(name => Assembly.Load("Relais." + name).GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            // Without a number the id is made of the name.
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Where(each => each.EventId > 0),
    ];

    [Fact]
    public void Each_has_an_id_of_its_own()
    {
        Assert.NotEmpty(Events);
        Assert.Empty(Events.GroupBy(each => each.EventId).Where(group => group.Count() > 1).Select(group => string.Join(", ", group.Select(each => each.EventName))));
    }

    [Fact]
    public async Task Each_that_operations_are_told_of_exists()
    {
        var told = SnakeCase().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations.md"), TestContext.Current.CancellationToken))
            .Select(match => match.Groups[1].Value)
            .Where(word => !Others.Contains(word) && !MetricsOf.Any(prefix => word.StartsWith(prefix, StringComparison.Ordinal))).ToHashSet();
        Assert.NotEmpty(told);
        Assert.Empty(told.Except(Events.Select(each => each.EventName)));
    }

    [GeneratedRegex("`([a-z]+(?:_[a-z]+)+)`")]
    private static partial Regex SnakeCase();
}
