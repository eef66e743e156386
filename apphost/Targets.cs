using Relais.AppHost.Embedded;
using Relais.Channels;
using Relais.Common.Hosting;
using Relais.Gateway;
using Relais.Identity;
using Relais.Knowledge;
using Relais.Routing;
using Relais.Surveys;
using Relais.Tickets;

namespace Relais.AppHost;

/// <summary>What the platform is made of.</summary>
internal static class Targets
{
    public static IReadOnlyList<ServiceTarget> All { get; } =
    [
        new IdentityTarget(), new KnowledgeTarget(), new ChannelsTarget(), new TicketsTarget(), new RoutingTarget(),
        new SurveysTarget(), new GatewayTarget(),
    ];

    /// <summary>The order in which to start, and backwards to stop: each wave needs only targets of earlier ones.</summary>
    public static IReadOnlyList<IReadOnlyList<ServiceTarget>> Waves { get; } = InWaves([.. All]);

    /// <summary>Configuration of every target on one machine. What is to be logged is left to files and environment where they say it.</summary>
    public static Dictionary<string, string?> Settings(DataFolder folder)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Platform:ServiceSecret"] = folder.Secrets.Service,
            ["Logging:Console:FormatterName"] = "readable",
        };
        var levels = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables()
            .Build().GetSection("Logging:LogLevel");
        if (levels["Default"] is null)
        {
            settings["Logging:LogLevel:Default"] = "Warning";
            settings["Logging:LogLevel:Relais"] = levels["Relais"] ?? "Information";
        }

        return settings;
    }

    private static List<List<ServiceTarget>> InWaves(List<ServiceTarget> targets)
    {
        var waves = new List<List<ServiceTarget>>();
        var started = new HashSet<string>(StringComparer.Ordinal);
        while (targets.Count > 0)
        {
            var wave = targets.Where(target => target.Needs.All(started.Contains)).ToList();
            if (wave.Count == 0)
                throw new InvalidOperationException($"These targets need each other: {string.Join(", ", targets.Select(target => target.Name))}.");
            waves.Add(wave);
            started.UnionWith(wave.Select(target => target.Name));
            targets.RemoveAll(wave.Contains);
        }

        return waves;
    }
}
