using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
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

        Assert.Equal([World.Id(1, 2), World.Id(1, 3)], TeamSkill.Cover(skills, people, MayLead)!.Select(member => member.Id));
        Assert.Null(TeamSkill.Cover([new("violin", 1, false)], people, MayLead));
        Assert.Equal([World.Id(1, 1), World.Id(1, 3)], TeamSkill.Cover([new("law", 3, false)], people, MayLead)!.Select(member => member.Id));
        Assert.Null(TeamSkill.Cover(skills, people, _ => false));
        Team[] teams = [Of(TeamKind.AdHoc, "", 2, 3)];
        var required = TeamSkill.RequiredBy(Ticket, "voice", teams);
        Assert.Equal((5, 0), (LevelOf(2, required, teams), LevelOf(1, required, teams)));
        Assert.Null(TeamSkill.RequiredBy(World.Id(2, 9), "voice", teams));

        static bool MayLead(Expert expert) => expert.Profile.Skills["billing"] >= 3;
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
}
