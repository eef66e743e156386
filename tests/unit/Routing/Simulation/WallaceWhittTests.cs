using Relais.Routing.Domain.Rules;
using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

/// <summary>Wallace and Whitt's finding: a little cross-training does what full pooling does.</summary>
public sealed class WallaceWhittTests
{
    private const double Load = 84;
    private static readonly int[] Seeds = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void Six_skills_wait_and_block_as_Erlang_says_and_two_come_close()
    {
        var pooled = Erlang.Of(WallaceWhitt.Agents, Load / WallaceWhitt.MeanService, WallaceWhitt.MeanService, double.PositiveInfinity, WallaceWhitt.WaitingPlaces);
        var (six, two) = (Run(6), Run(2));

        var wait = Estimate.Of(six.Select(run => run["waitMean"]));
        var blocked = Estimate.Of(six.Select(run => run["blocked"]));
        // The same calls meet both, so that the difference is known better than either.
        var difference = Estimate.Of(two.Zip(six, (few, all) => few["waitMean"] - all["waitMean"]));
        Assert.InRange(pooled.MeanWait, wait.Mean - wait.HalfWidth, wait.Mean + wait.HalfWidth);
        Assert.InRange(100 * pooled.Blocked, blocked.Mean - blocked.HalfWidth, blocked.Mean + blocked.HalfWidth);
        Assert.InRange(difference.Mean - difference.HalfWidth, 0, .15 * 60);
    }

    [Fact]
    public void One_skill_each_waits_far_longer()
    {
        var one = Estimate.Of(Run(1).Select(run => run["waitMean"]));

        Assert.InRange(2.47 * 60, one.Mean - (2 * one.HalfWidth), one.Mean + (2 * one.HalfWidth));
    }

    private static List<IReadOnlyDictionary<string, double>> Run(int skills)
    {
        var scenario = WallaceWhitt.Create(skills, Load, minutes: 5_000);
        var policy = SimulationRun.PolicyOf(MatchingRules.Named("best-skilled")!);
        return [.. Seeds.Select(seed => SimulationRun.Of(scenario, policy, seed, TestContext.Current.CancellationToken).Figures())];
    }
}
