using Relais.Routing;
using Relais.Routing.Domain;
using Xunit;

namespace Relais.Unit.Routing;

public sealed class RoutingOptionsTests
{
    [Fact]
    public void Defaults_are_in_order_and_weigh_channels_as_designed()
    {
        var options = new RoutingOptions();
        Assert.Empty(options.Problems());
        Assert.Equal(
            [Capacity.One, Capacity.Of(1.0 / 3), Capacity.Of(0.5), Capacity.Of(0.5)],
            new[] { "voice", "web_chat", "email", "carrier_pigeon" }.Select(options.WeightOf));
    }

    [Fact]
    public void Problems_are_all_reported_with_their_option()
    {
        var options = new RoutingOptions
        {
            OfferTimeout = TimeSpan.Zero,
            MissesUntilAway = -1,
            ChannelWeights = { ["fax"] = 0 },
            DefaultCapacity = double.NaN,
            DefaultTimeZone = "Europe/Atlantis",
            MinimumLanguageLevel = 6,
            RecordedExperts = 0,
            DecisionRetention = TimeSpan.Zero,
            WorkRetention = TimeSpan.Zero,
            AssignmentWait = TimeSpan.FromMinutes(1),
            Relaxation = [new RelaxationOption { After = TimeSpan.FromMinutes(2), LevelsDown = 1 }, new RelaxationOption { After = TimeSpan.FromMinutes(1), LevelsDown = 2 }],
        };

        Assert.Equal(
            ["OfferTimeout", "MissesUntilAway", "ChannelWeights", "DefaultCapacity", "DefaultTimeZone", "MinimumLanguageLevel", "RecordedExperts",
                "DecisionRetention", "WorkRetention", "AssignmentWait", "Relaxation"],
            options.Problems().Select(problem => problem.Split(' ', ':')[0]));
    }

    [Fact]
    public void Matters_are_kept_at_least_as_long_as_the_decisions_about_them()
    {
        var (day, week) = (TimeSpan.FromDays(1), TimeSpan.FromDays(7));
        Assert.Equal(week, new RoutingOptions { DecisionRetention = day, WorkRetention = week }.WorkKept);
        Assert.Equal(week, new RoutingOptions { DecisionRetention = week, WorkRetention = day }.WorkKept);
    }

    [Fact]
    public void Rule_is_chosen_by_name_and_an_unknown_one_is_told_with_those_that_exist()
    {
        Assert.Equal("relais", new RoutingOptions().ToPolicy().Rule.Name);
        Assert.Equal("longest-idle", new RoutingOptions { Rule = "longest-idle" }.ToPolicy().Rule.Name);
        Assert.StartsWith("Rule must be one of best-skilled, ", Assert.Single(new RoutingOptions { Rule = "magic" }.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Relaxation_steps_replace_the_default_ones()
    {
        var options = new RoutingOptions { Relaxation = [new RelaxationOption { After = TimeSpan.FromSeconds(10), NeverDropOnly = true }] };
        Assert.Equal(1, options.ToPolicy().Relaxation.StepsAfter(TimeSpan.FromMinutes(10)));
        Assert.Equal(2, new RoutingOptions().ToPolicy().Relaxation.StepsAfter(TimeSpan.FromMinutes(10)));
    }
}
