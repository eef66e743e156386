using System.Globalization;
using Relais.Common.Hosting;
using Relais.Surveys.Domain;

namespace Relais.Surveys;

/// <summary>What the figures are measured against.</summary>
internal sealed class SurveysOptions : ITargetOptions
{
    public static string Section => "Surveys";

    /// <summary>Goals and weights of the responsiveness score.</summary>
    public Goals Goals { get; set; } = new();

    public IEnumerable<string> Problems()
    {
        foreach (var (name, goal, lowest, highest) in Goals.All)
        {
            if (!(goal.Value >= lowest && goal.Value <= highest))
                yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(Goals)}:{name}:{nameof(Goal.Value)} must be from {lowest:R} to {highest:R}; it is {goal.Value:R}.");
            if (!(goal.Weight >= 0 && double.IsFinite(goal.Weight)))
                yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(Goals)}:{name}:{nameof(Goal.Weight)} must be 0 or more; it is {goal.Weight:R}.");
        }
    }
}
