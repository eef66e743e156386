using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;

namespace Relais.Unit.Routing.Domain;

public sealed class TeamTests
{
    private static readonly Guid Ticket = World.Id(2, 1);

    private static Team Of(TeamKind kind, string channel, params int[] members) => new(
        World.Id(3, (int)kind), "Team", kind, channel.Length == 0 ? [] : [channel], [.. members.Select(number => World.Id(1, number))],
        kind == TeamKind.AdHoc ? Ticket : null);

    private static int LevelOf(int expert, SkillRequirement? required, params Team[] teams) =>
        TeamSkill.LevelsOf(World.Id(1, expert), teams).FirstOrDefault(level => level.Key == required!.Skill).Value;

    [Fact]
    public void Without_teams_everybody_answers_for_everything() => Assert.Null(TeamSkill.RequiredBy(Ticket, "voice", []));

    [Fact]
    public void Channel_team_alone_answers_for_its_channel_and_the_central_team_for_the_others()
    {
        Team[] teams = [Of(TeamKind.Channel, "voice", 1), Of(TeamKind.Central, "", 2)];
        var (voice, email) = (TeamSkill.RequiredBy(Ticket, "voice", teams), TeamSkill.RequiredBy(Ticket, "email", teams));

        Assert.Equal((5, 0), (LevelOf(1, voice, teams), LevelOf(2, voice, teams)));
        Assert.Equal((0, 5), (LevelOf(1, email, teams), LevelOf(2, email, teams)));
    }

    [Fact]
    public void Hybrid_team_comes_first_and_its_overflow_only_after_the_overflow_step()
    {
        Team[] teams = [Of(TeamKind.Hybrid, "voice", 1), Of(TeamKind.Central, "", 2)];
        var voice = TeamSkill.RequiredBy(Ticket, "voice", teams)!;
        var plan = new RelaxationPlan([new(TimeSpan.FromSeconds(10), 5), new(TimeSpan.FromSeconds(60), 5) { Overflow = true }]);

        Assert.Equal((5, 1, 0), (LevelOf(1, voice, teams), LevelOf(2, voice, teams), LevelOf(3, voice, teams)));
        Assert.Equal([5, 5, 1], Enumerable.Range(0, 3).Select(taken => plan.MinimumLevel(voice, taken)));
        Assert.Equal(1, LevelOf(3, voice, Of(TeamKind.Hybrid, "voice", 1)));
    }

    [Theory]
    [InlineData(0, new[] { 5, 1 })]
    [InlineData(4, new[] { 5 })]
    public void Overflow_of_a_team_is_told_apart_by_what_it_masters(int heldFor, int[] candidates)
    {
        var (world, book) = Overflowing(heldFor == 0 ? new BestSkilled() : new Timed([new TimedStep(TimeSpan.Zero, heldFor)], new HashSet<string>()));
        Come(world, book, 2, ("billing", 1));
        world.Wait(1);
        var best = Come(world, book, 1, ("billing", 5));
        var item = Open(world, book, 1, "billing");
        Assert.Null(item.Holder);

        world.Wait(180);

        Assert.Equal(best, item.Holder);
        Assert.Equal(candidates, world.Decided(item).Candidates.Select(candidate => candidate.Level));
    }

    [Fact]
    public void Expert_of_the_overflow_takes_what_they_master_best()
    {
        var (world, book) = Overflowing(new BestSkilled());
        // So that fewer may have the matters than master them: they are looked up by what is rarest.
        for (var number = 3; number <= 5; number++) world.Be(Come(world, book, number, ("billing", 1), ("tv", 1)), Presence.Offline);
        var expert = Come(world, book, 1, ("billing", 5), ("tv", 3));
        world.Be(expert, Presence.Away);
        var (tv, billing) = (Open(world, book, 1, "tv"), Open(world, book, 2, "billing"));
        world.Wait(180);

        world.Be(expert, Presence.Available);

        Assert.Equal((null, expert), (tv.Holder, billing.Holder));
    }

    [Fact]
    public void Team_for_one_matter_covers_its_skills_with_few_and_only_its_members_may_have_it()
    {
        Expert[] people =
        [
            new(World.Profile(1, World.Skills(("billing", 5))), Presence.Available, World.Start),
            new(World.Profile(2, World.Skills(("billing", 3), ("fibre", 4))), Presence.Available, World.Start),
            new(World.Profile(3, World.Skills(("law", 4))), Presence.Offline, World.Start),
            new(World.Profile(4, World.Skills(("law", 2))), Presence.Available, World.Start),
        ];
        SkillRequirement[] skills = [new("billing", 3, true), new("fibre", 3, false), new("law", 3, false)];

        Assert.Equal([World.Id(1, 2), World.Id(1, 3)], TeamSkill.Cover(skills, people, MayLead, World.Start)!.Select(member => member.Id));
        Assert.Null(TeamSkill.Cover([new("violin", 1, false)], people, MayLead, World.Start));
        Assert.Equal([World.Id(1, 1), World.Id(1, 3)], TeamSkill.Cover([new("law", 3, false)], people, MayLead, World.Start)!.Select(member => member.Id));
        Assert.Null(TeamSkill.Cover(skills, people, _ => false, World.Start));
        Team[] teams = [Of(TeamKind.AdHoc, "", 2, 3)];
        var required = TeamSkill.RequiredBy(Ticket, "voice", teams);
        Assert.Equal((5, 0), (LevelOf(2, required, teams), LevelOf(1, required, teams)));
        Assert.Null(TeamSkill.RequiredBy(World.Id(2, 9), "voice", teams));

        static bool MayLead(Expert expert) => expert.Profile.Skills["billing"] >= 3;
    }

    [Fact]
    public void Hybrid_team_under_a_policy_that_opens_no_overflow_and_teams_without_anybody_are_warned_about()
    {
        var closed = new PolicyDefinition { Channels = ["voice"], Relaxation = [new PolicyStep(60, 1, [], false, false)] };
        var open = closed with { Relaxation = [new PolicyStep(60, 1, [], false, true)] };
        Team[] teams = [Of(TeamKind.Hybrid, "voice", 1), Of(TeamKind.Channel, "email", 2), Of(TeamKind.Central, "", 3)];
        var book = new RoutingBook(SkillCatalogue.Empty, teams, [new GroupPolicy("calls", closed)], []);
        HashSet<Guid> active = [World.Id(1, 1)];

        Assert.StartsWith("channels: 'voice' follows the group 'calls'", Assert.Single(TeamWarnings.Of(teams[0], book, active)), StringComparison.Ordinal);
        Assert.StartsWith("memberIds: nobody of the team takes work: matters of 'email'", Assert.Single(TeamWarnings.Of(teams[1], book, active)), StringComparison.Ordinal);
        Assert.StartsWith("memberIds: nobody of the central team", Assert.Single(TeamWarnings.Of(teams[2], book, active)), StringComparison.Ordinal);
        Assert.Empty(TeamWarnings.Of(teams[0], book.With(new GroupPolicy("calls", open)), active));
        Assert.Empty(TeamWarnings.Of(teams[0], book.Without("calls"), active));
        active.UnionWith([World.Id(1, 2), World.Id(1, 3)]);
        Assert.All(teams.Skip(1), team => Assert.Empty(TeamWarnings.Of(team, book, active)));

        Assert.StartsWith("relaxation: no step opens the overflow", WarningsOf(closed)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(WarningsOf(open), warning => warning.Contains("overflow", StringComparison.Ordinal));

        IReadOnlyList<string> WarningsOf(PolicyDefinition policy) => PolicyWarnings.Of("calls", policy, book.Without("calls"), []);
    }

    [Fact]
    public void Book_asks_of_who_leads_a_team_the_first_skill_and_what_the_policy_requires()
    {
        var book = new RoutingBook(SkillCatalogue.Empty, [], [new GroupPolicy("default", new PolicyDefinition { RequiredSkills = [new("gdpr", 1, true)] })], []);
        var asked = new WorkRequest(
            Ticket, "T-1", "", "voice", "fr", Priority.Normal, Capacity.One, [new("billing", 3, true), new("law", 3, false)], World.Start);

        var lead = book.ForLead(new WorkItem(book.Compose(asked), World.Start, World.Start) { DeclinedBy = [World.Id(1, 1)] });

        Assert.Equal(["billing", "gdpr"], lead.Request.Skills.Select(skill => skill.Skill));
        Assert.Equal([World.Id(1, 1)], lead.DeclinedBy);
    }

    [Fact]
    public void Book_leaves_the_first_skill_to_a_team_for_the_matter_and_shows_what_was_asked()
    {
        var book = new RoutingBook(SkillCatalogue.Empty, [Of(TeamKind.AdHoc, "", 2, 3)], [], []);
        var asked = new WorkRequest(
            Ticket, "T-1", "", "voice", "fr", Priority.Normal, Capacity.One, [new("billing", 3, true), new("law", 3, false)], World.Start);

        var request = book.Compose(asked);

        Assert.Equal(["billing", TeamSkill.OfMatter(Ticket)], request.Skills.Select(skill => skill.Skill));
        Assert.Equal(asked.Skills, request.Asked);
    }

    // A hybrid team that nobody of is there, and the central team.
    private static (World World, RoutingBook Book) Overflowing(MatchingRule rule)
    {
        var book = new RoutingBook(SkillCatalogue.Empty, [Of(TeamKind.Hybrid, "voice", 9), Of(TeamKind.Central, "", 1, 2)], [], []);
        return (new World(book.Policy with { Rule = rule }), book);
    }

    private static Guid Come(World world, RoutingBook book, int number, params (string Skill, int Level)[] skills)
    {
        var profile = World.Profile(number) with { Given = [.. skills.Select(skill => new GivenSkill(skill.Skill, skill.Level))] };
        world.Do(new Input.ProfileSet(world.Now, book.Qualify(profile, world.Now)));
        world.Be(profile.Id, Presence.Available);
        return profile.Id;
    }

    private static WorkItem Open(World world, RoutingBook book, int number, string skill)
    {
        var request = new WorkRequest(
            World.Id(2, number), $"T-{number}", "", "voice", "fr", Priority.Normal, Capacity.One, [new SkillRequirement(skill, 1, true)], world.Now);
        var item = new WorkItem(book.Compose(request), world.Now.AddHours(1), world.Now);
        world.Do(new Input.Opened(world.Now, item));
        return item;
    }
}
