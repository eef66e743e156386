using System.Buffers;
using System.Text;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Gateway.JsonFace;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Simulation;

namespace Relais.Unit.Routing.Simulation;

/// <summary>Whole policies in scenarios, and experts who do not take every offer at once.</summary>
public sealed class ScenarioPolicyTests
{
    private const string Steady = """{ "perHour": [70, 90] }""";
    private const string Stepped = """
        "rule": "longest-idle", "minimumLanguageLevel": 1, "requiredSkills": [{ "skill": "billing", "minimumLevel": 4 }],
        "relaxation": [{ "afterSeconds": 15, "levelsDown": 1 }, { "afterSeconds": 30, "levelsDown": 3 }]
        """;

    [Theory]
    [InlineData("relais", "")]
    [InlineData("best-skilled", "")]
    [InlineData("timed", Unhurried)]
    public void Policy_that_says_nothing_but_its_rule_does_as_the_rule_alone(string rule, string answer)
    {
        var scenario = Small(Steady, answer, $$"""{ "bare": { "rule": "{{rule}}", "minimumLanguageLevel": 1 } }""");

        Assert.Equal(Run(scenario, SimulationRun.PolicyOf(MatchingRules.Named(rule)!)).Outcomes, Run(scenario, "bare").Outcomes);
    }

    [Fact]
    public void Timed_rule_is_a_first_come_rule_with_the_same_levels_as_steps()
    {
        var scenario = Small(Steady, "", $$"""{ "stepped": { {{Stepped}} } }""");

        for (var seed = 1; seed <= 5; seed++) Assert.Equal(Run(scenario, SimulationRun.PolicyOf(new Timed()), seed).Outcomes, Run(scenario, "stepped", seed).Outcomes);
    }

    [Fact]
    public void Relaxation_shortens_waits_and_costs_level()
    {
        var scenario = Small(Steady, "", $$"""
            {
              "stepped": { {{Stepped}} },
              "rigid": { "rule": "longest-idle", "minimumLanguageLevel": 1, "requiredSkills": [{ "skill": "billing", "minimumLevel": 4 }] }
            }
            """);

        for (var seed = 1; seed <= 5; seed++)
        {
            var (stepped, rigid) = (Run(scenario, "stepped", seed), Run(scenario, "rigid", seed));

            Assert.Equal(rigid.Outcomes.Count, stepped.Outcomes.Count);
            Assert.All(rigid.Outcomes.Where(outcome => outcome.Served), outcome => Assert.InRange(outcome.Level!.Value, 4, 5));
            Assert.Contains(stepped.Outcomes, outcome => outcome.Level < 4);
            Assert.All(stepped.Outcomes.Where(outcome => outcome.Level < 4), outcome => Assert.True(outcome.Waited >= 15));
            Assert.True(stepped.Figures()["waitMean"] < rigid.Figures()["waitMean"]);
            Assert.True(stepped.Figures()["abandoned"] < rigid.Figures()["abandoned"]);
            Assert.True(stepped.Figures()["match"] < rigid.Figures()["match"]);
        }
    }

    [Fact]
    public void Missed_offer_counts_and_the_contact_goes_on_to_the_next()
    {
        // The best expert never answers; the others take 5 s.
        var scenario = Small(List(10, 400), """, "answer": { "miss": 1 }""", """{ "patient": { "rule": "best-skilled", "offerTimeoutSeconds": 20 } }""", Unhurried);

        var result = Run(scenario, "patient");

        Assert.Equal([25, 25], result.Outcomes.Select(outcome => Math.Round(outcome.Waited, 6)));
        Assert.All(result.Outcomes, outcome => Assert.Equal((2, (0, 1)), (outcome.Level, outcome.Fruitless)));
        Assert.Equal((0, 50), (result.Figures()["declined"], result.Figures()["missed"]));
    }

    [Fact]
    public void Expert_who_misses_is_set_away_and_comes_back_later()
    {
        var scenario = Small(
            List(0, 100, 320), """, "answer": { "miss": 1, "awaySeconds": 299 }""",
            """{ "strict": { "rule": "best-skilled", "offerTimeoutSeconds": 20, "missesUntilAway": 1 } }""");

        Assert.Equal([1, 0, 1], Run(scenario, "strict").Outcomes.OrderBy(outcome => outcome.Contact.At).Select(outcome => outcome.Fruitless.Missed));
    }

    [Fact]
    public void Who_declined_is_not_asked_again_unless_the_policy_says_so()
    {
        var scenario = Small(
            List([.. Enumerable.Range(0, 40).Select(number => number * 350)]), """, "answer": { "decline": 0.5 }""",
            """{ "once": { "rule": "best-skilled" }, "again": { "rule": "best-skilled", "offerAgainAfterDecline": true } }""", """, "answer": { "decline": 0.8 }""");

        var (once, again) = (Run(scenario, "once").Outcomes, Run(scenario, "again").Outcomes);

        Assert.InRange(once.Count(outcome => outcome.Fruitless.Declined > 0), 10, 30);
        Assert.All(once, outcome => Assert.Equal(outcome.Fruitless.Declined == 0, outcome.Level == 5));
        Assert.Contains(once, outcome => !outcome.Served && outcome.Fruitless.Declined == 4);
        Assert.All(again, outcome => Assert.True(outcome.Served));
        Assert.Contains(again, outcome => outcome.Fruitless.Declined > 4);
    }

    [Fact]
    public void Policies_meet_the_same_answers_whomever_they_ask()
    {
        var scenario = Small("""{ "perHour": [10] }""", Unsure, "{}", Unsure);

        var (best, idle) = (Run(scenario, SimulationRun.PolicyOf(new BestSkilled())).Outcomes, Run(scenario, SimulationRun.PolicyOf(new LongestIdle())).Outcomes);

        Assert.NotEqual(best.Select(outcome => outcome.Level), idle.Select(outcome => outcome.Level));
        Assert.Contains(best, outcome => outcome.Fruitless.Declined > 1);
        var asked = best.ToDictionary(outcome => outcome.Contact.Id, outcome => outcome);
        // Whoever gave up meanwhile was asked for less often.
        Assert.All(idle.Where(outcome => outcome.Served && asked[outcome.Contact.Id].Served), outcome => Assert.Equal(asked[outcome.Contact.Id].Fruitless, outcome.Fruitless));
    }

    [Fact]
    public void Same_seed_gives_the_same_results()
    {
        var scenario = Small(
            Steady, Unsure, $$"""{ "whole": { {{Stepped}}, "offerTimeoutSeconds": 10, "missesUntilAway": 2, "maximumOffers": 3, "offerAgainAfterDecline": true } }""", Unhurried);

        Assert.Equal(Run(scenario, "whole", 3).Outcomes, Run(scenario, "whole", 3).Outcomes);
        Assert.NotEqual(Run(scenario, "whole", 3).Figures()["waitMean"], Run(scenario, "whole", 4).Figures()["waitMean"]);
    }

    [Fact]
    public void Business_hours_are_those_of_the_scenarios_clock()
    {
        var scenario = Small(List(10), "", """
            { "office": { "timeZone": "America/New_York", "businessHours": [{ "days": ["monday"], "from": "01:00", "to": "18:00" }] } }
            """);

        // Nothing comes after it but the opening.
        var patient = scenario with { Contacts = seed => [.. scenario.Contacts(seed).Select(contact => contact with { Patience = double.PositiveInfinity })] };

        Assert.Equal(3590, Run(patient, "office").Outcomes.Single().Waited);
    }

    [Fact]
    public void Channel_weight_of_the_policy_counts()
    {
        var scenario = Small(List(0, 1, 2, 3, 4), "", """{ "light": { "rule": "best-skilled", "channelWeights": { "voice": 0.5 } } }""");

        Assert.Equal([5, 5, 2, 2, 2], Run(scenario, "light").Outcomes.Select(outcome => outcome.Level!.Value));
    }

    [Fact]
    public void Matter_that_comes_back_waits_for_who_had_it_where_the_policy_says_so()
    {
        var scenario = Small(
            """{ "list": [{ "at": 0, "class": "bill", "channel": "voice", "handleSeconds": 100 }] }""", "",
            """{ "loyal": { "rule": "longest-idle", "preferredWaitSeconds": 600 }, "new": { "rule": "longest-idle" } }""", returns: 1);

        Assert.Equal([5, 5], Run(scenario, "loyal").Outcomes.Select(outcome => outcome.Level!.Value));
        Assert.Equal([5, 2], Run(scenario, "new").Outcomes.Select(outcome => outcome.Level!.Value));
    }

    [Theory]
    [InlineData("""{ "a": { "relaxtion": [] } }""", "policies.a.relaxtion: is not known; known are rule, ")]
    [InlineData("""{ "a": { "relaxation": [{ "afterSeconds": "soon" }] } }""", "policies.a.relaxation[0].afterSeconds: takes a whole number")]
    [InlineData("""{ "a": { "relaxation": [{ "afterSeconds": 10, "levelsDown": 9 }] } }""", "policies.a.relaxation[0].levelsDown: must be from 0 to 5")]
    [InlineData("""{ "a": { "relaxation": [{ "afterSeconds": 10, "dropSkills": ["biling"] }] } }""", "policies.a.relaxation[0].dropSkills[0]: the catalogue is closed and has no 'biling'")]
    [InlineData("""{ "a": { "rule": "fastest" } }""", "policies.a.rule: there is no rule 'fastest'.")]
    [InlineData("""{ "a": { "closedHours": "NEVER" } }""", "policies.a.closedHours: ")]
    [InlineData("""{ "a": { "offerTimeoutSeconds": 4000 } }""", "policies.a.offerTimeoutSeconds: must be from 0 (as configured) to 3600; it is 4000.")]
    [InlineData("""{ "a": [] }""", "policies.a: The body is a JSON object, but a list was given.")]
    [InlineData("""{ "a": null }""", "policies.a: is an object {…}")]
    [InlineData("""{ "timed": {} }""", "policies.timed: is the name of a rule")]
    [InlineData("""{ "a,b": {} }""", "policies.a,b: is a name without commas")]
    public void Mistake_in_a_policy_is_told_with_its_place(string policies, string told) =>
        Assert.StartsWith(told, Assert.Single(ScenarioFile.Read(Json(Steady, "", policies), ReadPolicy).Problems), StringComparison.Ordinal);

    [Theory]
    [InlineData(""", "answer": { "decline": 1 }""", "experts[0].answer.decline: is a number from 0 to 0.9")]
    [InlineData(""", "answer": { "decline": 0.5, "miss": 0.6 }""", "experts[0].answer.miss: is at most what decline leaves of 1")]
    [InlineData(""", "answer": { "time": {} }""", "experts[0].answer.time.meanSeconds: is missing")]
    [InlineData(""", "answer": { "after": 5 }""", "experts[0].answer.after: is not a field of a scenario")]
    public void Mistake_in_answers_is_told_with_its_place(string answer, string told) =>
        Assert.Equal(told, Assert.Single(ScenarioFile.Read(Json(Steady, answer, "{}"), ReadPolicy).Problems));

    [Fact]
    public void Policy_in_a_file_of_its_own_is_read_like_one_in_a_scenario()
    {
        var scenario = Small(Steady, "", $$"""{ "stepped": { {{Stepped}} } }""");

        var (policy, problems) = ScenarioPolicy.Read($$"""{ {{Stepped}}, /* and no more */ }""", scenario.Experts, ReadPolicy);

        Assert.Empty(problems);
        Assert.Equal(Run(scenario, "stepped").Outcomes, Run(scenario, SimulationRun.PolicyOf(policy!)).Outcomes);
        Assert.Equal(["minimumLanguageLevel: must be from 0 (any language) to 5; it is 6."], ScenarioPolicy.Read("""{ "minimumLanguageLevel": 6 }""", scenario.Experts, ReadPolicy).Problems);
        Assert.Equal(["A policy is an object {…}."], ScenarioPolicy.Read("[]", scenario.Experts, ReadPolicy).Problems);
    }

    /// <summary>As the gateway reads it.</summary>
    internal static FieldViolation? ReadPolicy(string json, PolicyDefinition policy) =>
        ProtoJsonReader.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), policy) is { } fault ? new FieldViolation(fault.Field, fault.What) : null;

    private const string Unhurried = """, "answer": { "time": { "meanSeconds": 5, "cv": 0 } }""";
    private const string Unsure = """, "answer": { "time": { "meanSeconds": 5 }, "decline": 0.3, "miss": 0.1 }""";

    /// <param name="answer">Of the one expert of level 5; <paramref name="others"/> of the three of level 2.</param>
    private static string Json(string arrivals, string answer, string policies, string others = "", int returns = 0) => $$"""
        {
          "name": "small", "endSeconds": 14400,
          "experts": [
            { "name": "Ana", "skills": { "billing": 5 }, "languages": { "fr": 5 }{{answer}} },
            { "name": "Pool", "count": 3, "skills": { "billing": 2 }, "languages": { "fr": 3 }{{others}} }
          ],
          "levels": { "resolution": [0, 0, 0, 0, 0, 0] },
          "channels": { "voice": { "handle": { "meanSeconds": 150 }, "patience": { "meanSeconds": 90 }, "targetSeconds": { "STANDARD": 20 } } },
          "classes": [{ "name": "bill", "skills": [{ "skill": "billing" }], "language": "fr" }],
          "returns": { "share": {{returns}}, "afterMeanSeconds": 60, "attempts": 2 },
          "policies": {{policies}},
          "arrivals": {{arrivals}}
        }
        """;

    private static string List(params int[] times) =>
        $$"""{ "list": [{{string.Join(", ", times.Select(Listed))}}] }""";

    private static string Listed(int at) => $$"""{ "at": {{at}}, "class": "bill", "channel": "voice", "handleSeconds": 60, "patienceSeconds": 5000 }""";

    private static Scenario Small(string arrivals, string answer, string policies, string others = "", int returns = 0)
    {
        var (scenario, problems) = ScenarioFile.Read(Json(arrivals, answer, policies, others, returns), ReadPolicy);
        Assert.Empty(problems);
        return scenario!;
    }

    private static SimulationResult Run(Scenario scenario, string policy, int seed = 1) => Run(scenario, SimulationRun.PolicyOf(scenario.Policies[policy]), seed);

    private static SimulationResult Run(Scenario scenario, RoutingPolicy policy, int seed = 1) =>
        SimulationRun.Of(scenario, policy, seed, TestContext.Current.CancellationToken);
}
