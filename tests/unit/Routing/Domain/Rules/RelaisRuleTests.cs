using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Xunit;

namespace Relais.Unit.Routing.Domain.Rules;

public sealed class RelaisRuleTests
{
    private static readonly RelaisRule Rule = new();
    private static readonly Capacity Third = Capacity.Of(1 / 3.0);
    private static readonly Capacity Half = Capacity.Of(.5);
    // By level, how many of it or better are there: eight masters.
    private static readonly int[] Counts = [40, 40, 30, 20, 14, 8];

    [Fact]
    public void Phases_of_a_call_at_a_busy_time_open_level_by_level_until_the_target()
    {
        var phases = Rule.Phases(Work("voice", Capacity.One, 80), Supply(.1));

        Assert.Equal([5, 4, 3, 2, 1, 0], phases.Take(6).Select(phase => phase.MinimumLevel));
        Assert.True(phases[5].From < TimeSpan.FromSeconds(80));
        Assert.Contains(phases, phase => phase.From == TimeSpan.FromSeconds(80));
        Assert.Equal(phases.OrderBy(phase => phase.From).DistinctBy(phase => phase.From), phases);
    }

    [Fact]
    public void Hold_is_shorter_the_fewer_are_better()
    {
        var many = Rule.Phases(Work("voice", Capacity.One, 80), Supply(.1));
        var few = Rule.Phases(Work("voice", Capacity.One, 80), Supply(.1, [40, 40, 30, 4, 4, 1]));

        Assert.True(OpenFor(few, 2) < OpenFor(many, 2));
    }

    [Fact]
    public void Quiet_time_holds_nothing()
    {
        var phases = Rule.Phases(Work("case", Half, 1800), Supply(.5));

        Assert.Equal(0, phases[0].MinimumLevel);
        Assert.All(Enumerable.Range(0, Rule.Standings), standing => Assert.True(Rule.Preference(Work("case", Half, 1800), phases[0].Stage, 1, standing) > 0));
    }

    [Fact]
    public void Distant_target_of_a_customer_on_the_line_does_not_hold_for_longer_than_the_limit()
    {
        var phases = Rule.Phases(Work("web_chat", Third, 3600), Supply(.1));

        Assert.Equal(TimeSpan.FromSeconds(90), OpenFor(phases, 0));
    }

    [Fact]
    public void Fresh_partial_work_joins_others_and_leaves_idle_experts_alone()
    {
        var chat = Work("chat", Third, 60);
        var fresh = Rule.Phases(chat, Supply(.1))[0].Stage;
        var (idle, chatting) = (Standing(0, 0), Standing(Third.Parts, 1));

        Assert.Equal(double.NegativeInfinity, Rule.Preference(chat, fresh, 5, idle));
        Assert.True(Rule.Preference(chat, fresh, 5, chatting) > Rule.Preference(chat, fresh, 4, chatting));
        var later = Rule.Phases(chat, Supply(.1)).Last(phase => phase.From < TimeSpan.FromSeconds(60)).Stage;
        Assert.True(Rule.Preference(chat, later, 5, chatting) > Rule.Preference(chat, later, 5, idle));
        Assert.True(Rule.Preference(chat, later, 5, idle) > Rule.Preference(chat, later, 4, chatting));
    }

    [Fact]
    public void Fresh_case_does_not_join_chats_but_other_cases()
    {
        var work = Work("case", Half, 1800);
        var fresh = Rule.Phases(work, Supply(.1))[0].Stage;

        Assert.Equal(double.NegativeInfinity, Rule.Preference(work, fresh, 5, Standing(2 * Third.Parts, 2)));
        Assert.True(Rule.Preference(work, fresh, 5, Standing(Half.Parts, 1)) > 0);
    }

    [Fact]
    public void Late_work_gives_way_and_overdue_work_comes_first()
    {
        var work = Work("voice", Capacity.One, 20);
        var phases = Rule.Phases(work, Supply(.1));
        double At(double waited) => Rule.Urgency(work, phases.Last(phase => phase.From <= TimeSpan.FromSeconds(waited)).Stage, 5, 0, waited);

        Assert.True(At(0) < At(10));
        Assert.True(At(10) < At(19.9));
        Assert.True(At(21) < At(0));
        Assert.True(At(321) > At(19.9));
    }

    [Fact]
    public void Overdue_work_comes_before_everything_that_is_not_and_the_longer_the_more()
    {
        var low = Work("email", Half, 24 * 3600) with { Priority = Priority.Low };
        var urgent = Work("email", Half, 1) with { Priority = Priority.Urgent, Tier = CustomerTier.Vip };
        var (overdue, waited) = (StageAfter(low, (24 * 3600) + 300), (24 * 3600) + 300);

        Assert.True(Rule.Urgency(low, overdue, 0, 0, waited) > Rule.Urgency(urgent, StageAfter(urgent, 0), 5, 0, 1));
        Assert.True(Rule.Urgency(low, overdue, 5, 0, 30 * waited) > Rule.Urgency(Work("email", Half, 4 * 3600), overdue, 5, 0, (4 * 3600) + 300));
    }

    [Fact]
    public void Work_that_waited_out_closed_hours_takes_anyone_but_comes_before_everything_only_when_its_target_or_an_hour_passed_once_more()
    {
        var mail = Work("email", Half, 4 * 3600) with { Left = TimeSpan.Zero };
        var call = Work("voice", Capacity.One, 4 * 3600) with { Left = TimeSpan.Zero };

        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(3600 + 300)], Rule.Phases(mail, Supply(.1)).Select(phase => phase.From));
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(420)], Rule.Phases(call, Supply(.1)).Select(phase => phase.From));
        Assert.All(Rule.Phases(mail, Supply(.1)), phase => Assert.Equal(0, phase.MinimumLevel));
        Assert.Equal(TimeSpan.FromSeconds(7200 + 300), Rule.Phases(mail with { Left = TimeSpan.FromHours(2) }, Supply(.1))[^1].From);
    }

    [Fact]
    public void Higher_tier_and_higher_priority_are_more_urgent()
    {
        var standard = Work("voice", Capacity.One, 60);

        Assert.True(Urgency(standard with { Tier = CustomerTier.Vip }) > Urgency(standard with { Tier = CustomerTier.Gold }));
        Assert.True(Urgency(standard with { Tier = CustomerTier.Gold }) > Urgency(standard));
        Assert.True(Urgency(standard with { Priority = Priority.High }) > Urgency(standard));

        static double Urgency(WorkClass work) => Rule.Urgency(work, Rule.Phases(work, Supply(.1))[0].Stage, 4, 0, 1);
    }

    [Fact]
    public void Work_that_was_due_already_takes_anyone()
    {
        var phases = Rule.Phases(Work("voice", Capacity.One, 0), Supply(.1));

        Assert.Equal((TimeSpan.Zero, 0), (phases[0].From, phases[0].MinimumLevel));
    }

    [Fact]
    public void Nobody_there_is_no_fault() =>
        Assert.All([[0, 0, 0, 0, 0, 0], Array.Empty<int>()], (int[] counts) => Assert.NotEmpty(Rule.Phases(Work("voice", Capacity.One, 40), Supply(0, counts, counts))));

    // What routing can be asked to hold together: any load of thirds and halves has a standing of its own.
    [Fact]
    public void Loads_of_chats_and_cases_are_told_apart()
    {
        int[] standings = [Standing(0, 0), Standing(840, 1), Standing(1680, 2), Standing(1260, 1), Standing(2100, 2)];

        Assert.Equal(standings.Distinct(), standings);
        Assert.All(standings, standing => Assert.InRange(standing, 0, Rule.Standings - 1));
    }

    private static int StageAfter(WorkClass work, double waited) =>
        Rule.Phases(work, Supply(.1)).Last(phase => phase.From <= TimeSpan.FromSeconds(waited)).Stage;

    private static TimeSpan OpenFor(IReadOnlyList<Phase> phases, int level) => phases.First(phase => phase.MinimumLevel <= level).From;

    private static int Standing(int parts, int held) => Rule.Standing(new ExpertState(new Capacity(parts), Capacity.One, held));

    private static Supply Supply(double idle, int[]? present = null, int[]? rostered = null) =>
        new(present ?? Counts, rostered ?? Counts) { IdleShare = idle };

    private static WorkClass Work(string channel, Capacity weight, double target) =>
        new([new SkillRequirement("billing", 1, true)], "fr", channel, weight, CustomerTier.Standard, Priority.Normal, TimeSpan.FromSeconds(target));
}
