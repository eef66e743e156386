namespace Relais.Routing.Domain.Rules;

/// <summary>The rules that a policy can name.</summary>
internal static class MatchingRules
{
    private static readonly Dictionary<string, Func<MatchingRule>> Known = new(StringComparer.Ordinal)
    {
        ["best-skilled"] = () => new BestSkilled(),
        ["longest-idle"] = () => new LongestIdle(),
        ["round-robin"] = () => new RoundRobin(),
        ["least-loaded"] = () => new LeastLoaded(),
        ["timed"] = () => new Timed(),
        ["relais"] = () => new RelaisRule(),
    };

    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>The rule of a name with its usual parameters; null when there is none.</summary>
    public static MatchingRule? Named(string name) => Known.GetValueOrDefault(name)?.Invoke();
}
