using NodaTime;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Features.Policies;
using Relais.Routing.Simulation;
using Relais.Unit.Routing.Domain;

namespace Relais.Unit.Routing.Simulation;

public sealed class HistoryReplayTests
{
    // A Monday, nine o'clock.
    private static readonly DateTimeOffset Start = World.Start;

    [Fact]
    public void One_expert_takes_matters_one_after_the_other_for_as_long_as_they_took()
    {
        var figures = Replay(Book(new PolicyDefinition()), [Person(1, 3)], Matter(1, 0), Matter(2, 0), Matter(3, 0));

        // Waits of 0, 100 and 200 s; due after 150 s.
        Assert.Equal((100, 200, 200 / 3.0), (figures["waitMean"], figures["waitP95"], figures["sla"]));
        Assert.Equal((0, 0, 0, 100), (figures["abandoned"], figures["unanswered"], figures["relaxed"], figures["match"]));
    }

    [Fact]
    public void Matter_is_in_time_by_the_service_target_of_its_group_where_that_is_sooner()
    {
        PastMatter[] calls = [Matter(1, 0, handle: 300) with { Target = TimeSpan.FromHours(4) }, Matter(2, 0, handle: 300) with { Target = TimeSpan.FromHours(4) }];

        Assert.Equal(100, Replay(Book(new PolicyDefinition()), [Person(1, 3)], calls)["sla"]);
        Assert.Equal(50, Replay(Book(new PolicyDefinition { ServiceTargets = [new ServiceTarget("voice", "", 20)] }), [Person(1, 3)], calls)["sla"]);
    }

    [Fact]
    public void Draft_that_relaxes_sooner_takes_sooner_at_a_lower_level()
    {
        var late = Book(new PolicyDefinition { Relaxation = [new PolicyStep(120, 3, [], false, false)] });
        var soon = Book(new PolicyDefinition { Relaxation = [new PolicyStep(20, 3, [], false, false)] });
        ExpertProfile[] experts = [Person(1, 5), Person(2, 2)];
        PastMatter[] matters = [Matter(1, 0, level: 4), Matter(2, 0, level: 4, handle: 50)];

        var (active, draft) = (Replay(late, experts, matters), Replay(soon, experts, matters));

        Assert.Equal((50, 0, 100), (active["waitMean"], active["relaxed"], active["match"]));
        Assert.Equal((10, 50, 70), (draft["waitMean"], draft["relaxed"], draft["match"]));
    }

    [Fact]
    public void What_a_step_brings_about_comes_before_what_happens_later()
    {
        var book = Book(new PolicyDefinition { Relaxation = [new PolicyStep(60, 3, [], false, false)] });

        var figures = Replay(book, [Person(1, 2)], Matter(1, 0, level: 4), Matter(2, 1000, level: 1));

        Assert.Equal((30, 60), (figures["waitMean"], figures["waitP95"]));
    }

    [Fact]
    public void Whoever_gave_up_gives_up_after_the_same_wait_and_what_nobody_can_take_stays_unanswered()
    {
        var figures = Replay(
            Book(new PolicyDefinition()), [Person(1, 3)], Matter(1, 0), Matter(2, 0) with { GivesUpAfter = TimeSpan.FromSeconds(40) }, Matter(3, 0, level: 5));

        Assert.Equal((100 / 3.0, 100 / 3.0, 20), (figures["abandoned"], figures["unanswered"], figures["waitMean"]));
    }

    [Fact]
    public void Experts_are_there_in_their_hours_only()
    {
        var schedule = new WorkingSchedule(DateTimeZone.Utc, [new Shift(new HashSet<IsoDayOfWeek> { IsoDayOfWeek.Monday }, new LocalTime(9, 10), new LocalTime(17, 0))]);

        var figures = Replay(Book(new PolicyDefinition()), [Person(1, 3) with { Schedule = schedule }], Matter(1, 0));

        Assert.Equal(600, figures["waitMean"]);
    }

    [Fact]
    public void Same_history_gives_the_same_figures()
    {
        var matters = Enumerable.Range(1, 300).Select(number => Matter(number, number * 7 % 900, 1 + (number % 5), 60 + (number % 90))).OrderBy(matter => matter.Asked.QueuedSince).ToArray();
        ExpertProfile[] experts = [.. Enumerable.Range(1, 20).Select(number => Person(number, 1 + (number % 5)))];

        Assert.Equal(Replay(Book(new PolicyDefinition()), experts, matters), Replay(Book(new PolicyDefinition()), experts, matters));
        Assert.Empty(Replay(Book(new PolicyDefinition()), experts));
    }

    [Fact]
    public void History_is_measured_where_it_can_be_and_the_median_of_the_channel_where_not()
    {
        var closed = Row(1, "voice", 60, closedAfter: 400);
        var abandoned = Row(2, "voice", 60, closedAfter: 30);
        var open = Row(3, "voice", 60, closedAfter: null);
        var other = Row(4, "email", 60, closedAfter: null);
        var reopened = Row(5, "voice", 60, closedAfter: 500, preferred: World.Id(1, 1));
        var again = Row(6, "voice", 500, closedAfter: 420, preferred: World.Id(1, 1), waitingSince: 400);
        var accepted = new Dictionary<Guid, DateTimeOffset>
        {
            [closed.Id] = Start.AddSeconds(100), [open.Id] = Start, [other.Id] = Start, [reopened.Id] = Start.AddSeconds(200), [again.Id] = Start.AddSeconds(20),
        };

        var matters = HistoryReader.Of([closed, abandoned, open, other, reopened, again], accepted, RoutingBook.Empty);

        Assert.Equal([300, 300, 300, 300, 300, 300], matters.Select(matter => matter.Handle.TotalSeconds));
        Assert.Equal([300, null, null, null, 300, null], matters.Select(matter => matter.Measured?.TotalSeconds));
        Assert.Equal([null, 30, null, null, null, 20], matters.Select(matter => matter.GivesUpAfter?.TotalSeconds));
        Assert.Equal([100, 30, 1, 1, 190, 20], matters.Select(matter => matter.Waited?.TotalSeconds));
        Assert.Equal([60, 60, 60, 60, 50, 100], matters.Select(matter => matter.Target.TotalSeconds));
        Assert.Equal(600, HistoryReader.Of([open], new Dictionary<Guid, DateTimeOffset>(), RoutingBook.Empty)[0].Handle.TotalSeconds);
    }

    [Theory]
    [InlineData(true, 3900.0, 3600.0, 60.0, null)]
    [InlineData(false, 86_700.0, 39_600.0, 79_260.0, 3600.0)]
    public void Hours_in_which_nobody_is_offered_anything_are_no_part_of_a_wait(bool waits, params double?[] waited)
    {
        const int tomorrow = 24 * 3600;
        // Begun at nine and at eleven, taken the next morning or given up.
        WorkItemRow[] rows =
        [
            Row(1, "voice", 60, null), Row(2, "voice", 60, closedAfter: 11 * 3600),
            Row(3, "voice", 9000, null, at: 7200), Row(4, "voice", 9000, closedAfter: 3 * 3600, at: 7200),
        ];
        var accepted = new Dictionary<Guid, DateTimeOffset> { [rows[0].Id] = Start.AddSeconds(tomorrow + 300), [rows[2].Id] = Start.AddSeconds(tomorrow + 60) };
        var book = Book(new PolicyDefinition { BusinessHours = [new PolicyHours([1, 2], "09:00", "10:00")], TimeZone = "Etc/UTC", ClosedHours = waits ? ClosedHours.Wait : ClosedHours.Offer });

        var matters = HistoryReader.Of(rows, accepted, book);

        Assert.Equal(waited, matters.Select(matter => matter.Waited?.TotalSeconds));
        Assert.Equal([null, 11 * 3600, null, 3600], matters.Select(matter => matter.GivesUpAfter?.TotalSeconds));
    }

    private static WorkItemRow Row(
        int number, string channel, double due, double? closedAfter, Guid? preferred = null, double waitingSince = 10, double at = 0) => new()
    {
        Id = World.Id(2, number), Number = $"T-{number}", Subject = "", Channel = channel, Language = "fr", Priority = Priority.Normal, Tier = CustomerTier.Standard, WeightParts = Capacity.One.Parts,
        Skills = [], QueuedSince = Start.AddSeconds(at), WaitingSince = Start.AddSeconds(preferred is null ? at : waitingSince), DueAt = Start.AddSeconds(due), PreferredExpertId = preferred,
        State = closedAfter is null ? ItemState.Assigned : ItemState.Closed, ClosedAt = closedAfter is { } after ? Start.AddSeconds(after) : null,
    };

    private static PastMatter Matter(int number, double at, int level = 1, double handle = 100) => new(
        new WorkRequest(
            World.Id(2, number), $"T-{number}", "", "voice", "fr", Priority.Normal, Capacity.One, [new SkillRequirement("billing", level, true)], Start.AddSeconds(at)),
        TimeSpan.FromSeconds(150), TimeSpan.FromSeconds(handle), null);

    private static ExpertProfile Person(int number, int level) => World.Profile(number, World.Skills(("billing", level)));

    private static RoutingBook Book(PolicyDefinition definition) => new(
        SkillCatalogue.Empty, [], [new GroupPolicy(PolicyDefinition.DefaultGroup, definition with { Rule = "best-skilled", MinimumLanguageLevel = 1 })], []);

    private static IReadOnlyDictionary<string, double> Replay(RoutingBook book, IReadOnlyList<ExpertProfile> experts, params PastMatter[] matters) =>
        HistoryReplay.Of(book, experts, matters, TestContext.Current.CancellationToken);
}
