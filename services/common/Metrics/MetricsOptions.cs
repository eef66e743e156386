using Relais.Common.Hosting;

namespace Relais.Common.Metrics;

/// <summary>Who may read <c>/metrics</c>.</summary>
public sealed class MetricsOptions : ITargetOptions
{
    public static string Section => "Metrics";

    /// <summary>
    /// With it, readers send <c>Authorization: Bearer TOKEN</c>. Without it services answer anybody who reaches them, and
    /// the gateway, whose HTTP endpoint is public, answers this machine alone, and nobody through a proxy that says it is one.
    /// </summary>
    public string Token { get; set; } = "";

    public IEnumerable<string> Problems()
    {
        if (Token.Length is > 0 and < 16)
            yield return $"{nameof(Token)} must have at least 16 characters.";
    }
}
