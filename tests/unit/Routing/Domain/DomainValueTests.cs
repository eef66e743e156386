using NodaTime;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Xunit;

namespace Relais.Unit.Routing.Domain;

public sealed class DomainValueTests
{
    private static readonly IReadOnlySet<IsoDayOfWeek> Weekdays = new HashSet<IsoDayOfWeek>
    {
        IsoDayOfWeek.Monday, IsoDayOfWeek.Tuesday, IsoDayOfWeek.Wednesday, IsoDayOfWeek.Thursday, IsoDayOfWeek.Friday,
    };

    [Fact]
    public void Capacity_of_thirds_and_halves_adds_up_exactly()
    {
        Assert.Equal(Capacity.One, Capacity.Of(1.0 / 3) + Capacity.Of(1.0 / 3) + Capacity.Of(1.0 / 3));
        Assert.Equal(Capacity.One, Capacity.Of(0.333333) + Capacity.Of(0.333333) + Capacity.Of(0.333333));
        Assert.Equal(Capacity.One, Capacity.Of(0.5) + Capacity.Of(0.5));
        Assert.True(Capacity.Of(0.34) + Capacity.Of(0.34) + Capacity.Of(0.34) > Capacity.One);
        Assert.Throws<ArgumentOutOfRangeException>(() => Capacity.Of(-0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Capacity.Of(double.NaN));
    }

    [Fact]
    public void Skills_ignore_case_and_refuse_doubles_and_bad_levels()
    {
        Assert.Equal(4, World.Skills(("Billing", 4))["billing"]);
        Assert.Equal(0, World.Skills(("Billing", 4))["network"]);
        Assert.Throws<ArgumentException>(() => World.Skills(("Billing", 4), ("billing", 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => World.Skills(("billing", 6)));
        Assert.Throws<ArgumentOutOfRangeException>(() => World.Skills(("billing", -1)));
    }

    [Fact]
    public void Language_serves_its_regions()
    {
        var languages = World.Languages(("fr", 5), ("en-GB", 3));
        Assert.Equal((5, 3, 3, 0), (languages["fr-CA"], languages["en"], languages["EN-us"], languages["de"]));
    }

    [Theory]
    [InlineData("2026-03-02T07:59:59Z", false)]
    [InlineData("2026-03-02T08:00:00Z", true)]
    [InlineData("2026-03-02T16:59:59Z", true)]
    [InlineData("2026-03-02T17:00:00Z", false)]
    [InlineData("2026-03-07T10:00:00Z", false)]
    [InlineData("2026-07-06T07:00:00Z", true)]
    public void Hours_are_local_times_of_the_zone(string at, bool covered) =>
        Assert.Equal(covered, Schedule("Europe/Paris", new Shift(Weekdays, new LocalTime(9, 0), new LocalTime(18, 0))).Covers(At(at)));

    [Theory]
    [InlineData("2026-03-06T21:59:00Z", false)]
    [InlineData("2026-03-06T22:00:00Z", true)]
    [InlineData("2026-03-07T05:59:00Z", true)]
    [InlineData("2026-03-07T06:00:00Z", false)]
    [InlineData("2026-03-07T23:00:00Z", false)]
    public void Night_shift_ends_on_the_next_day(string at, bool covered) =>
        Assert.Equal(covered, Schedule("Etc/UTC", new Shift(Weekdays, new LocalTime(22, 0), new LocalTime(6, 0))).Covers(At(at)));

    [Fact]
    public void Daylight_saving_jump_inside_a_shift_has_defined_borders()
    {
        var sunday = new HashSet<IsoDayOfWeek> { IsoDayOfWeek.Sunday };
        // 2026-03-29: 02:00 to 03:00 does not exist in Paris. 2026-10-25: 02:00 to 03:00 happens twice.
        var schedule = Schedule("Europe/Paris", new Shift(sunday, new LocalTime(2, 30), new LocalTime(6, 0)));
        Assert.Equal(At("2026-03-29T01:00:00Z"), schedule.NextChange(At("2026-03-29T00:00:00Z")));
        Assert.Equal(At("2026-10-25T00:30:00Z"), schedule.NextChange(At("2026-10-25T00:00:00Z")));
        Assert.Equal(At("2026-10-25T05:00:00Z"), schedule.NextChange(At("2026-10-25T00:30:00Z")));
    }

    [Fact]
    public void Shift_across_a_daylight_saving_jump_is_as_long_as_the_clocks_make_it()
    {
        var nights = Schedule("Europe/Paris", new Shift(new HashSet<IsoDayOfWeek> { IsoDayOfWeek.Saturday }, new LocalTime(22, 0), new LocalTime(6, 0)));
        // The night to 2026-03-29 has seven hours, the one to 2026-10-25 nine.
        Assert.Equal(At("2026-03-29T04:00:00Z"), nights.NextChange(At("2026-03-28T21:00:00Z")));
        Assert.Equal(At("2026-10-25T05:00:00Z"), nights.NextChange(At("2026-10-24T20:00:00Z")));
        foreach (var inside in new[] { "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z" })
            Assert.True(nights.Covers(At(inside)));
    }

    [Fact]
    public void Shifts_that_meet_are_one_stretch_and_a_schedule_without_shifts_never_changes()
    {
        var schedule = Schedule(
            "Etc/UTC", new Shift(Weekdays, new LocalTime(8, 0), new LocalTime(12, 0)), new Shift(Weekdays, new LocalTime(12, 0), new LocalTime(16, 0)));
        Assert.Equal(At("2026-03-02T16:00:00Z"), schedule.NextChange(At("2026-03-02T09:00:00Z")));
        Assert.Equal(At("2026-03-02T08:00:00Z"), schedule.NextChange(At("2026-02-27T16:00:00Z")));
        Assert.Null(WorkingSchedule.Always.NextChange(At("2026-03-02T09:00:00Z")));
        Assert.True(WorkingSchedule.Always.Covers(At("2026-03-02T09:00:00Z")));
        Assert.Null(WorkingSchedule.ZoneOf("Europe/Atlantis"));
    }

    [Fact]
    public void Forgotten_availability_ends_with_the_shift_and_deliberate_availability_counts()
    {
        var schedule = Schedule("Etc/UTC", new Shift(Weekdays, new LocalTime(8, 0), new LocalTime(16, 0)));
        var world = new World(new RoutingPolicy { Rule = new BestSkilled() });
        var expert = world.Expert(1, schedule: schedule);
        world.Wait(8 * 3600);
        var late = world.Open(1);
        Assert.Equal(ItemState.Waiting, late.State);
        Assert.Equal(["hours"], Assert.Single(world.Decided(late).Rejections).Reasons);
        Assert.Equal(At("2026-03-03T08:00:00Z"), world.Engine.NextDue());

        world.Be(expert, Presence.Available);
        Assert.Equal(expert, late.Holder);
    }

    [Fact]
    public void Shift_that_begins_gives_its_expert_waiting_work_at_once()
    {
        var schedule = Schedule("Etc/UTC", new Shift(Weekdays, new LocalTime(8, 0), new LocalTime(16, 0)));
        var world = new World();
        var expert = world.Expert(1, schedule: schedule);
        world.Wait(8 * 3600);
        var late = world.Open(1);

        world.Wait(16 * 3600);

        Assert.Equal(expert, late.Holder);
        Assert.Equal(Trigger.Hours, world.Decided(late).Trigger);
    }

    [Fact]
    public void Relaxation_plan_refuses_steps_out_of_order_and_steps_that_lower_nothing()
    {
        Assert.Throws<ArgumentException>(() => new RelaxationPlan([Step(60, 1), Step(60, 2)]));
        Assert.Throws<ArgumentException>(() => new RelaxationPlan([Step(60, 0)]));
        Assert.Throws<ArgumentException>(() => new RelaxationPlan([Step(60, -1)]));
        Assert.Throws<ArgumentException>(() => new RelaxationPlan([Step(0, 1)]));

        static RelaxationStep Step(int seconds, int down) => new(TimeSpan.FromSeconds(seconds), down);
    }

    [Fact]
    public void Item_that_took_more_steps_than_a_plan_has_has_taken_all_of_them()
    {
        var plan = new RelaxationPlan([new(TimeSpan.FromSeconds(60), 1)]);
        var request = new WorkRequest(World.Id(2, 1), "T-1", "", "voice", "fr", Priority.Normal, Capacity.One, [new("billing", 3, true)], World.Start);
        var item = new WorkItem(request, World.Start.AddHours(1), World.Start) { RelaxedSteps = 2 };

        Assert.Equal((2, null), (plan.MinimumLevel(request.Skills[0], 2), plan.NextLowering(item)));
        Assert.Equal(new Relaxation("billing", 3, 2, World.Start.AddSeconds(60)), Assert.Single(plan.Taken(item)));
        Assert.Equal((3, 0), (RelaxationPlan.None.MinimumLevel(request.Skills[0], 2), RelaxationPlan.None.Taken(item).Count));
    }

    [Fact]
    public void Wording_explains_in_french_and_english()
    {
        var world = new World();
        world.Expert(1, World.Skills(("facturation", 4)));
        var item = world.Open(1, skills: new SkillRequirement("facturation", 3, true));
        Assert.Equal(
            "Expert 1 : facturation : niveau 4 (3 demandé); Langue fr : niveau 5; Seule personne disponible pour ce dossier.",
            Wording.Explanation(world.Decided(item), "fr-FR"));
        Assert.Equal(["facturation: level 4 (3 needed)", "Language fr: level 5", "The only one who can take it now"], Wording.Reasons(world.Decided(item), "en"));
        var waiting = world.Open(2, skills: new SkillRequirement("facturation", 3, true));
        Assert.Equal(
            "Nobody can take it now: 1 at capacity. At 09:01:00 UTC it asks for lower levels.", Wording.Explanation(world.Decided(waiting), "en"));
    }

    [Fact]
    public void Schedule_answers_the_same_in_whatever_order_it_is_asked()
    {
        var random = new Random(7);
        Shift[] shifts = [new(new HashSet<IsoDayOfWeek> { IsoDayOfWeek.Monday, IsoDayOfWeek.Sunday }, new LocalTime(22, 0), new LocalTime(6, 0)), new(new HashSet<IsoDayOfWeek> { IsoDayOfWeek.Wednesday }, new LocalTime(8, 30), new LocalTime(12, 0))];
        var asked = Schedule("Europe/Paris", shifts);
        for (var times = 0; times < 500; times++)
        {
            var at = At("2026-03-27T00:00:00Z").AddMinutes(random.Next(14 * 24 * 60));
            var anew = Schedule("Europe/Paris", shifts);
            Assert.Equal((anew.Covers(at), anew.NextChange(at)), (asked.Covers(at), asked.NextChange(at)));
        }
    }

    private static WorkingSchedule Schedule(string zone, params Shift[] shifts) => new(WorkingSchedule.ZoneOf(zone)!, shifts);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
