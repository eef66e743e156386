using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Features.Policies;
using Relais.Routing.Grpc;
using Definition = Relais.Contracts.Routing.V1.PolicyDefinition;
using DomainDefinition = Relais.Routing.Domain.Policies.PolicyDefinition;
using SkillCatalogue = Relais.Routing.Domain.Skills.SkillCatalogue;
using Step = Relais.Contracts.Routing.V1.PolicyDefinition.Types.RelaxationStep;

namespace Relais.Unit.Routing.Features;

/// <summary>What is wrong with a policy is said with the field and with what to do.</summary>
public sealed class PolicyFormTests
{
    private static readonly RoutingBook Open = Book(closed: false);
    private static readonly RoutingBook Closed = Book(closed: true);

    [Fact]
    public void Whole_policy_is_read_and_shown_as_it_was_given()
    {
        var given = Whole();
        var check = new Check();

        var read = new PolicyForm("default", Closed, check).Read(given);

        Assert.Null(check.Failure);
        Assert.Equal(given, PolicyView.Of(read));
    }

    [Fact]
    public void Empty_policy_is_valid_for_any_group()
    {
        Assert.Empty(Wrong("default", new Definition()));
        Assert.Empty(Wrong("chats", new Definition { Channels = { "web_chat" } }));
        Assert.Equal(["definition"], Wrong("default", null));
    }

    [Fact]
    public void Policy_that_can_never_match_is_refused()
    {
        Assert.Equal("must be from 1 to 5, which is the highest that anybody can have; it is 6.",
            Message("definition.requiredSkills[0].minimumLevel", Open, new Definition { RequiredSkills = { Required("billing", 6) } }));
        Assert.StartsWith("the catalogue is closed and has no 'violin', so nobody can have it.",
            Message("definition.requiredSkills[0].skill", Closed, new Definition { RequiredSkills = { Required("violin", 1) } }), StringComparison.Ordinal);
        Assert.StartsWith("'billing' is never dropped.",
            Message("definition.relaxation[0].dropSkills[0]", Open, new Definition
            {
                RequiredSkills = { Required("invoices", 2, neverDrop: true) },
                Relaxation = { new Step { AfterSeconds = 10, DropSkills = { "billing" } } },
            }), StringComparison.Ordinal);
        Assert.StartsWith("'tv' is never dropped.",
            Message("definition.relaxation[0].dropSkills[0]", Open, new Definition
            {
                NeverDropSkills = { "TV" },
                Relaxation = { new Step { AfterSeconds = 10, DropSkills = { "tv" } } },
            }), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_skill_is_refused_once_the_catalogue_is_closed_wherever_it_is_named()
    {
        var given = new Definition
        {
            NeverDropSkills = { "violin" },
            WantedSkills = { new Definition.Types.WantedSkill { Skill = "violin", Weight = 1 } },
            Relaxation = { new Step { AfterSeconds = 10, DropSkills = { "viola" } } },
        };

        Assert.Equal(["definition.neverDropSkills[0]", "definition.relaxation[0].dropSkills[0]", "definition.wantedSkills[0].skill"], Wrong("default", given, Closed).Order(StringComparer.Ordinal));
        Assert.Empty(Wrong("default", given));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 1)]
    [InlineData(10, 0)]
    public void Relaxation_step_that_adds_instead_of_giving_up_says_what_it_has_to_repeat(int seconds, int levels)
    {
        var before = new Step { AfterSeconds = 9, LevelsDown = 1, DropSkills = { "law" }, Overflow = true };
        var given = new Definition { Relaxation = { before, new Step { AfterSeconds = seconds, LevelsDown = levels, DropSkills = { "tv" } } } };

        Assert.Equal(
            "asks again for what the step before it gave up. A step replaces the one before it, so it has to give that up too: levelsDown 1 or more; dropSkills law; overflow.",
            Message("definition.relaxation[1]", Open, given));
        Assert.Equal(seconds < 10, Wrong("default", given).Contains("definition.relaxation[1].afterSeconds"));
    }

    [Fact]
    public void Relaxation_steps_that_build_on_each_other_are_in_order()
    {
        Assert.Empty(Wrong("default", new Definition
        {
            Relaxation =
            {
                new Step { AfterSeconds = 10, LevelsDown = 1 }, new Step { AfterSeconds = 20, LevelsDown = 2, DropSkills = { "invoices" } },
                new Step { AfterSeconds = 30, LevelsDown = 2, DropSkills = { "billing", "tv" }, Overflow = true },
                new Step { AfterSeconds = 40, NeverDropOnly = true, Overflow = true },
            },
        }));
        Assert.Equal(["definition.relaxation[0]", "definition.relaxation[1].levelsDown", "definition.relaxation[1]"], Wrong("default", new Definition
        {
            Relaxation = { new Step { AfterSeconds = 10 }, new Step { AfterSeconds = 20, LevelsDown = -1 } },
        }));
    }

    [Fact]
    public void Hours_that_overlap_or_name_no_day_and_zones_that_do_not_exist_are_refused_and_an_end_before_the_begin_is_the_next_day()
    {
        Assert.Equal(["definition.businessHours[1]"], Wrong("default", Hours("Europe/Paris", ("09:00", "12:00"), ("11:00", "13:00"))));
        Assert.Equal(["definition.businessHours[1]"], Wrong("default", Hours("Europe/Paris", ("22:00", "06:00"), ("23:00", "23:30"))));
        Assert.Empty(Wrong("default", Hours("Europe/Paris", ("22:00", "06:00"))));
        Assert.Equal(["definition.businessHours[0].from"], Wrong("default", Hours("Europe/Paris", ("24:00", "06:00"))));
        Assert.Equal(["definition.timeZone"], Wrong("default", Hours("Europe/Atlantis", ("09:00", "12:00"))));
        Assert.Equal(["definition.timeZone"], Wrong("default", Hours("", ("09:00", "12:00"))));
    }

    [Fact]
    public void Numbers_out_of_range_are_refused_each_at_its_field()
    {
        var given = new Definition
        {
            PreferredWaitSeconds = -1, MaximumOffers = -1, OfferTimeoutSeconds = 3601, MissesUntilAway = -1, MinimumLanguageLevel = 6,
            ChannelWeights = { ["voice"] = -1 }, PriorityMinutes = { ["HIGH"] = -1 }, TierMinutes = { ["PLATINUM"] = 1 },
            WantedSkills = { new Definition.Types.WantedSkill { Skill = "tv", Weight = -3 } },
            ClosedHours = (Definition.Types.ClosedHours)9,
        };

        Assert.Equal(
            ["definition.channelWeights", "definition.closedHours", "definition.maximumOffers", "definition.minimumLanguageLevel", "definition.missesUntilAway",
                "definition.offerTimeoutSeconds", "definition.preferredWaitSeconds", "definition.priorityMinutes", "definition.tierMinutes", "definition.wantedSkills[0].weight"],
            Wrong("default", given).Order(StringComparer.Ordinal));
        Assert.Equal(["definition.channelWeights"], Wrong("default", new Definition { ChannelWeights = { ["voice"] = double.NaN } }));
    }

    [Fact]
    public void Service_target_without_a_channel_of_no_tier_out_of_range_or_given_twice_is_refused()
    {
        var given = new Definition { ServiceTargets = { Target("", "", 20), Target("voice", "PLATINUM", 20), Target("voice", "", 0), Target("voice", "", 86401) } };

        Assert.Equal(
            ["definition.serviceTargets[0].channel", "definition.serviceTargets[1].tier", "definition.serviceTargets[2].seconds",
                "definition.serviceTargets[3].seconds", "definition.serviceTargets[3]"],
            Wrong("default", given));
        Assert.Equal("'PLATINUM' is none of STANDARD, GOLD, VIP. Leave it empty for every tier that is not named.",
            Message("definition.serviceTargets[1].tier", Open, given));
        Assert.Equal("'voice' has a target for every tier already. Keep one of them.", Message("definition.serviceTargets[3]", Open, given));
    }

    [Fact]
    public void Closing_into_an_overflow_that_nothing_opens_is_refused() => Assert.Equal(
        ["definition.closedHours"],
        Wrong("default", new Definition { ClosedHours = Definition.Types.ClosedHours.Overflow, Relaxation = { new Step { AfterSeconds = 10, LevelsDown = 1 } } }));

    [Fact]
    public void Skill_named_twice_also_by_a_synonym_or_like_a_team_is_refused() => Assert.Equal(
        ["definition.requiredSkills[1].skill", "definition.neverDropSkills[0]"],
        Wrong("default", new Definition { RequiredSkills = { Required("billing", 1), Required("Invoices", 1) }, NeverDropSkills = { "@channel:voice" } }));

    [Fact]
    public void Channel_belongs_to_one_group_and_rule_to_the_default_group()
    {
        Assert.Equal(["definition.channels"], Wrong("default", new Definition { Channels = { "voice" } }));
        Assert.Equal("'email' follows the group 'letters'. Activate a version of that group without it first.",
            Message("definition.channels[1]", Open, new Definition { Channels = { "voice", "email" } }, "calls"));
        Assert.Empty(Wrong("letters", new Definition { Channels = { "email" } }));
        Assert.Equal(["definition.channels[1]"], Wrong("calls", new Definition { Channels = { "voice", "voice" } }));
        Assert.Equal(["definition.rule"], Wrong("calls", new Definition { Rule = "timed" }));
        Assert.Equal("there is no rule 'fastest'. Use one of best-skilled, longest-idle, round-robin, least-loaded, timed, relais.",
            Message("definition.rule", Open, new Definition { Rule = "fastest" }));
    }

    private static Definition Whole() => new()
    {
        Rule = "timed",
        RequiredSkills = { Required("billing", 2, neverDrop: true), Required("tv", 5) },
        NeverDropSkills = { "law" },
        WantedSkills = { new Definition.Types.WantedSkill { Skill = "tv", Weight = 10 } },
        Relaxation = { new Step { AfterSeconds = 10, LevelsDown = 1 }, new Step { AfterSeconds = 20, LevelsDown = 1, DropSkills = { "tv" }, Overflow = true } },
        PriorityMinutes = { ["HIGH"] = 5, ["URGENT"] = 15.5 },
        TierMinutes = { ["VIP"] = 10 },
        PreferredWaitSeconds = 60,
        BusinessHours = { new WorkingHours { Days = { "monday", "friday" }, From = "09:00", To = "18:30" } },
        TimeZone = "Europe/Paris",
        ClosedHours = Definition.Types.ClosedHours.Overflow,
        OfferAgainAfterDecline = true,
        MaximumOffers = 5,
        OfferTimeoutSeconds = 20,
        MissesUntilAway = 3,
        ChannelWeights = { ["voice"] = 1, ["web_chat"] = .25 },
        MinimumLanguageLevel = 2,
        ServiceTargets = { Target("voice", "VIP", 20), Target("voice", "", 80), Target("email", "VIP", 86400) },
    };

    private static Definition.Types.ServiceTarget Target(string channel, string tier, int seconds) => new() { Channel = channel, Tier = tier, Seconds = seconds };

    private static Definition Hours(string zone, params (string From, string To)[] hours)
    {
        var given = new Definition { TimeZone = zone };
        given.BusinessHours.AddRange(hours.Select(one => new WorkingHours { Days = { "monday" }, From = one.From, To = one.To }));
        return given;
    }

    private static Definition.Types.RequiredSkill Required(string skill, int level, bool neverDrop = false) =>
        new() { Skill = skill, MinimumLevel = level, NeverDrop = neverDrop };

    private static RoutingBook Book(bool closed) => new(
        new SkillCatalogue(
            [new("billing", "", "", "", ["invoices"]), new("tv", "", "", "", []), new("law", "", "", "", [])], closed),
        [], [new GroupPolicy("letters", new DomainDefinition { Channels = ["email"] })], []);

    private static List<string> Wrong(string group, Definition? given, RoutingBook? book = null)
    {
        var check = new Check();
        new PolicyForm(group, book ?? Open, check).Read(given);
        return [.. (check.Failure?.Fields ?? []).Select(field => field.Field)];
    }

    private static string Message(string field, RoutingBook book, Definition given, string group = "default")
    {
        var check = new Check();
        new PolicyForm(group, book, check).Read(given);
        return check.Failure!.Fields.First(violation => violation.Field == field).Message;
    }
}
