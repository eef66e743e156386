using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Relais.Common.Hosting;

/// <summary>Options that can say what is wrong with them.</summary>
public interface ITargetOptions
{
    /// <summary>The configuration section that they are read from.</summary>
    static abstract string Section { get; }

    /// <summary>Each problem as a sentence that begins with the option's name.</summary>
    IEnumerable<string> Problems();
}

/// <summary>Everything that is wrong with the configuration, to be told at once.</summary>
public sealed class ConfigurationReport
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines => lines;

    public static ConfigurationReport Of(WebApplicationBuilder builder)
    {
        var properties = ((Microsoft.Extensions.Hosting.IHostApplicationBuilder)builder).Properties;
        if (properties.TryGetValue(typeof(ConfigurationReport), out var found))
            return (ConfigurationReport)found;
        var report = new ConfigurationReport();
        properties[typeof(ConfigurationReport)] = report;
        return report;
    }

    public void Add(string option, string problem) => Add($"{option} {problem}");

    /// <param name="problem">A sentence that begins with the option's name.</param>
    public void Add(string problem) => lines.Add(problem);
}

/// <summary>The configuration does not make a runnable platform.</summary>
public sealed class InvalidConfigurationException(IReadOnlyList<(string Target, string Problem)> problems)
    : Exception(Describe(problems))
{
    private static string Describe(IReadOnlyList<(string Target, string Problem)> problems)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"The configuration has {problems.Count} problem{(problems.Count == 1 ? "" : "s")}:");
        foreach (var (target, problem) in problems)
            text.Append(CultureInfo.InvariantCulture, $"\n  [{target}] {problem}");
        return text.ToString();
    }
}

public static class TargetOptionsExtensions
{
    /// <summary>
    /// Binds and checks options now, so that all problems of all targets can be reported together. The container hands
    /// them out as a singleton.
    /// </summary>
    public static TOptions AddTargetOptions<TOptions>(this WebApplicationBuilder builder) where TOptions : class, ITargetOptions, new()
    {
        var report = ConfigurationReport.Of(builder);
        var options = new TOptions();
        try
        {
            builder.Configuration.GetSection(TOptions.Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException problem)
        {
            // An unknown key or a value of the wrong type; the binder's message names it.
            report.Add(TOptions.Section + ":", problem.InnerException?.Message ?? problem.Message);
        }

        foreach (var problem in options.Problems())
            report.Add(TOptions.Section + ":", problem);
        builder.Services.AddSingleton(options);
        return options;
    }
}
