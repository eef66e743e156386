using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

public sealed class ScenarioFileTests
{
    private const string Small = """
        {
          "name": "small", "endSeconds": 7200,
          "experts": [
            { "name": "Ana", "skills": { "billing": 5 }, "languages": { "fr": 5 } },
            { "name": "Pool", "count": 2, "skills": { "billing": 2, "network": 4 }, "languages": { "fr": 3, "en": 5 }, "shifts": [{ "from": 0, "to": 3600 }] }
          ],
          "levels": { "resolution": [0, 0.2, 0.4, 0.6, 0.8, 1] },
          "tiers": { "VIP": 0.2, "STANDARD": 0.8 },
          "channels": {
            "voice": { "share": 0.7, "handle": { "meanSeconds": 240, "cv": 0.5 }, "patience": { "meanSeconds": 120 }, "targetSeconds": { "VIP": 20, "STANDARD": 60 } },
            "chat": { "share": 0.3, "weight": 0.25, "handle": { "meanSeconds": 400 }, "targetSeconds": { "VIP": 30, "STANDARD": 90 } }
          },
          "classes": [
            { "name": "bill", "share": 3, "skills": [{ "skill": "billing", "minimumLevel": 2 }], "language": "fr" },
            { "name": "net", "skills": [{ "skill": "network" }], "language": "en", "channel": "voice" }
          ],
          "returns": { "share": 0.5, "afterMeanSeconds": 600, "attempts": 2 },
          "arrivals": ARRIVALS
        }
        """;

    [Fact]
    public void Profile_gives_the_same_contacts_for_the_same_seed_and_the_rates_asked_for()
    {
        var scenario = Read("""{ "perHour": [60, 600] }""");

        var contacts = scenario.Contacts(3);

        Assert.Equal(contacts, scenario.Contacts(3));
        Assert.NotEqual(contacts, scenario.Contacts(4));
        Assert.InRange(contacts.Count(contact => contact.At < 3600), 40, 85);
        Assert.InRange(contacts.Count(contact => contact.At >= 3600), 530, 670);
        Assert.All(contacts.Where(contact => contact.Kind.Language == "en"), contact => Assert.Equal("voice", contact.Kind.Channel));
        Assert.All(contacts.Where(contact => contact.Kind.Channel == "chat"), contact => Assert.Equal(double.PositiveInfinity, contact.Patience));
        Assert.Equal(3, scenario.Experts.Count);
        Assert.Equal("Pool 2", scenario.Experts[2].Name);
    }

    [Fact]
    public void List_is_replayed_as_it_was()
    {
        var scenario = Read("""
            { "list": [
              { "at": 30, "class": "net", "channel": "voice", "tier": "VIP", "handleSeconds": 100, "patienceSeconds": 5 },
              { "at": 10, "class": "bill", "channel": "chat" }
            ] }
            """);

        var contacts = scenario.Contacts(1);
        var outcomes = SimulationRun.Of(scenario, SimulationRun.PolicyOf(new BestSkilled()), 1, TestContext.Current.CancellationToken).Outcomes;

        Assert.Equal([10, 30], contacts.Select(contact => contact.At));
        Assert.Equal((100, 5, CustomerTier.Vip), (contacts[1].Handle, contacts[1].Patience, contacts[1].Kind.Tier));
        Assert.Equal((5, 0), (outcomes[0].Level, outcomes[0].Waited));
        Assert.Equal((4, 0), (outcomes[1].Level, outcomes[1].Waited));
    }

    [Fact]
    public void Contacts_that_nobody_can_take_in_time_give_up_or_wait_to_the_end()
    {
        var scenario = Read("""
            { "list": [
              { "at": 4000, "class": "net", "channel": "voice", "handleSeconds": 100, "patienceSeconds": 50 },
              { "at": 5000, "class": "net", "channel": "voice", "handleSeconds": 100, "patienceSeconds": 99999 }
            ] }
            """);

        var result = SimulationRun.Of(scenario, SimulationRun.PolicyOf(new BestSkilled()), 1, TestContext.Current.CancellationToken);

        Assert.Equal([50, 2200], result.Outcomes.Select(outcome => outcome.Waited));
        Assert.Equal(100, result.Figures()["abandoned"]);
    }

    [Fact]
    public void What_the_clock_brings_about_comes_before_what_happens_later()
    {
        var scenario = Read("""
            { "list": [
              { "at": 10, "class": "bill", "channel": "chat", "handleSeconds": 1 },
              { "at": 1000, "class": "net", "channel": "voice", "handleSeconds": 1 }
            ] }
            """);

        // Their level for bill is 2: timed takes it from 40 on, and it is done at 41.
        var outcomes = SimulationRun.Of(
            scenario with { Experts = [scenario.Experts[1]], Again = null }, SimulationRun.PolicyOf(new Timed()), 1, TestContext.Current.CancellationToken).Outcomes;

        Assert.Equal([30, 0], outcomes.Select(outcome => outcome.Waited));
    }

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "\"name\": \"small\",", "", "name: is missing" },
        { "\"billing\": 5", "\"billing\": 6", "experts[0].skills.billing: is a number from 0 to 5" },
        { "\"from\": 0, \"to\": 3600", "\"from\": 3600, \"to\": 0", "experts[1].shifts[0].to: is later than from" },
        { "\"resolution\": [0, ", "\"resolution\": [", "levels.resolution: is a list of 6 numbers from 0 to 1" },
        { "\"VIP\": 0.2", "\"PLATINUM\": 0.2", "tiers.PLATINUM: is none of VIP, GOLD, STANDARD" },
        { "\"share\": 0.7", "\"sahre\": 0.7", "channels.voice.sahre: is not a field of a scenario" },
        { "\"meanSeconds\": 240", "\"meanSeconds\": -1", "channels.voice.handle.meanSeconds: is a number from 0.001 to 1000000000" },
        { "\"skill\": \"billing\"", "\"skill\": \"biling\"", "classes[0].skills[0].skill: biling is a skill that no expert has" },
        { "\"language\": \"fr\"\n", "\"language\": \"it\"\n", "classes[0].skills: no expert meets all of this class's requirements" },
        { "\"channel\": \"voice\"", "\"channel\": \"fax\"", "classes[1].channel: fax is not among the channels" },
        { "\"endSeconds\": 7200", "\"endSeconds\": \"long\"", "endSeconds: is a number from 1 to 31622400" },
        { "\"network\": 4", "\"Billing\": 4", "experts[1].skills.Billing: is given twice" },
        { "\"name\": \"net\"", "\"name\": \"bill\"", "classes: bill is the name of more than one class" },
        { "\"VIP\": 0.2, \"STANDARD\": 0.8 }", "\"VIP\": 0, \"STANDARD\": 0 }", "tiers: have no share above 0" },
        { "\"perHour\": [60]", "\"perHour\": []", "arrivals.perHour: stands alone, or list does: exactly one of them, not empty" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Mistake_is_told_with_its_place(string right, string wrong, string told)
    {
        var json = Small.Replace("ARRIVALS", """{ "perHour": [60] }""", StringComparison.Ordinal).Replace("\"language\": \"fr\" }", "\"language\": \"fr\"\n }", StringComparison.Ordinal);
        Assert.Contains(right, json, StringComparison.Ordinal);

        var (scenario, problems) = ScenarioFile.Read(json.Replace(right, wrong, StringComparison.Ordinal), ScenarioPolicyTests.ReadPolicy);

        Assert.Null(scenario);
        Assert.Contains(told, problems);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{ "name": "a", "name": "b" }""")]
    [InlineData("[]")]
    [InlineData("null")]
    public void What_is_no_scenario_at_all_is_told(string json) => Assert.Single(ScenarioFile.Read(json, ScenarioPolicyTests.ReadPolicy).Problems);

    private static Scenario Read(string arrivals)
    {
        var (scenario, problems) = ScenarioFile.Read(Small.Replace("ARRIVALS", arrivals, StringComparison.Ordinal), ScenarioPolicyTests.ReadPolicy);
        Assert.Empty(problems);
        return scenario!;
    }
}
