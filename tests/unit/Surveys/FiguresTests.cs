using Relais.Surveys.Domain;

namespace Relais.Unit.Surveys;

public sealed class FiguresTests
{
    private static readonly ResponsivenessScore Score = new(new Goals());

    [Fact]
    public void Figures_of_nothing_are_absent()
    {
        var figures = Figures.Of(new Tally(), Score);
        Assert.Null(figures.SelfCareResolutionRate);
        Assert.Null(figures.TransferRate);
        Assert.Null(figures.AbandonmentRate);
        Assert.Null(figures.FirstResponseSeconds);
        Assert.Null(figures.FirstContactResolutionRate);
        Assert.Null(figures.Csat);
        Assert.Null(figures.Nps);
        Assert.Null(figures.Ces);
        Assert.Null(figures.ResponsivenessScore);
    }

    [Fact]
    public void Figures_of_a_day_computed_by_hand()
    {
        // 20 conversations: 9 solved by self-care, 6 to a person, 2 abandoned, 3 still going on.
        var tally = new Tally
        {
            Conversations = 20,
            SolvedBySelfCare = 9,
            Transferred = 6,
            Abandoned = 2,
            TicketsOpened = 6,
            TicketsResolved = 5,
            TicketsReopened = 1,
            ResolvedAtFirstContact = 4,
            SurveysSent = 6,
            SurveysAnswered = 4,
            CsatAnswers = 4,
            Satisfied = 3,
        };
        tally.FirstResponseSeconds = Distribution.Of([1800, 30, 60, 120, 600]);
        var figures = Figures.Of(tally, Score);
        Assert.Equal(9 / 15.0, figures.SelfCareResolutionRate);
        Assert.Equal(6 / 20.0, figures.TransferRate);
        Assert.Equal(2 / 20.0, figures.AbandonmentRate);
        Assert.Equal(new Distribution(120, 1800, 522, 5), figures.FirstResponseSeconds);
        Assert.Equal(4 / 5.0, figures.FirstContactResolutionRate);
        Assert.Equal(75, figures.Csat);
        Assert.Null(figures.Nps);
        // Self-care at its goal (2), transfer (1), abandonment (1) and first contact (2) too; first response is twice its
        // goal of 900 s (2 × 1/2); CSAT is 75 of 85 (2 × 75/85). Weights: 10.
        Assert.Equal(100 * (2 + 1 + 1 + 2 + 1 + 2 * 75.0 / 85) / 10, figures.ResponsivenessScore!.Value, 9);
    }

    [Fact]
    public void Nps_is_promoters_less_detractors_and_ces_the_mean()
    {
        var figures = Figures.Of(new Tally { NpsAnswers = 10, Promoters = 2, Detractors = 5, CesAnswers = 4, EffortTotal = 10 }, Score);
        Assert.Equal(-30, figures.Nps);
        Assert.Equal(2.5, figures.Ces);
        // NPS: 70 of the 150 points from -100 to its goal of 50; CES at its goal. Weights 1 and 1.
        Assert.Equal(100 * (70 / 150.0 + 1) / 2, figures.ResponsivenessScore!.Value, 9);
    }

    [Theory]
    [InlineData(new double[] { 7 }, 7, 7)]
    [InlineData(new double[] { 2, 1 }, 1, 2)]
    [InlineData(new double[] { 3, 1, 2 }, 2, 3)]
    [InlineData(new double[] { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 5, 9)]
    [InlineData(new double[] { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 }, 6, 10)]
    public void Percentile_is_of_the_nearest_rank(double[] values, double p50, double p90)
    {
        var distribution = Distribution.Of(values)!;
        Assert.Equal((p50, p90), (distribution.P50, distribution.P90));
    }

    [Fact]
    public void Score_is_the_mean_by_weight_of_what_is_there()
    {
        var goals = new Goals();
        goals.Csat.Weight = 0;
        Assert.Null(Figures.Of(new Tally { CsatAnswers = 1, Satisfied = 1 }, new ResponsivenessScore(goals)).ResponsivenessScore);
        Assert.Equal(100, Figures.Of(new Tally { CsatAnswers = 1, Satisfied = 1 }, Score).ResponsivenessScore);
    }

    [Fact]
    public void Tallies_of_groups_add_up()
    {
        var whole = new Tally { Conversations = 1, Satisfied = 2 };
        whole.Add(new Tally { Conversations = 3, EffortTotal = 4 });
        Assert.Equal((4, 2, 4), (whole.Conversations, whole.Satisfied, whole.EffortTotal));
    }

    [Fact]
    public void Goal_outside_its_scale_is_a_problem_that_names_it()
    {
        var options = new Relais.Surveys.SurveysOptions();
        Assert.Empty(options.Problems());
        options.Goals.Csat.Value = 150;
        options.Goals.Ces.Weight = double.NaN;
        Assert.Collection(options.Problems(),
            problem => Assert.StartsWith("Goals:Csat:Value", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("Goals:Ces:Weight", problem, StringComparison.Ordinal));
    }
}
