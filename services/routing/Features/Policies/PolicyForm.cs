using System.Globalization;
using Google.Protobuf.Collections;
using Relais.Common.Requests;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Features.Skills;
using ProtoClosedHours = Relais.Contracts.Routing.V1.PolicyDefinition.Types.ClosedHours;
using ProtoDefinition = Relais.Contracts.Routing.V1.PolicyDefinition;

namespace Relais.Routing.Features.Policies;

/// <summary>Reads a policy from a request and says what is wrong with it, each with what to do about it.</summary>
/// <param name="book">What else the tenant has written down.</param>
internal sealed class PolicyForm(string group, RoutingBook book, Check check)
{
    /// <summary>What the fields of a policy are in.</summary>
    public const string Root = "definition";

    private const int MostEntries = 50;
    private const int MostSteps = 20;
    private const int LongestChannel = 64;
    private const int HighestWeight = 10;
    private const int MostMisses = 100;
    private const int MostOffers = 1_000;
    private const int LongestTimeout = 3600;
    private const int LongestPreferredWait = 24 * 3600;
    private const int LongestServiceTarget = 24 * 3600;
    private const int LongestStep = 30 * 24 * 3600;
    private const double MostMinutes = 30 * 24 * 60;
    // Below it a weight would be hardly any part of an expert.
    private const double LeastWeight = .01;

    /// <summary>What was given; to be used only when nothing is wrong with it.</summary>
    public PolicyDefinition Read(ProtoDefinition? given)
    {
        if (given is null)
        {
            check.That(false, Root, "must be given.");
            return new PolicyDefinition();
        }

        CheckRule(given);
        CheckChannels(given);
        var required = Required(given);
        var neverDrop = Names(given.NeverDropSkills, $"{Root}.neverDropSkills");
        var wanted = Wanted(given);
        var staying = required.Where(skill => skill.NeverDrop).Select(skill => skill.Skill).Concat(neverDrop).Select(book.Catalogue.IdOf)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var steps = Steps(given, staying);
        var shifts = HoursReader.Read(given.BusinessHours, $"{Root}.businessHours", check);
        check.That((given.TimeZone.Length == 0 && given.BusinessHours.Count == 0) || WorkingSchedule.ZoneOf(given.TimeZone) is not null,
            $"{Root}.timeZone", $"'{given.TimeZone}' is no IANA time zone such as Europe/Paris.");
        CheckNumbers(given);
        return new PolicyDefinition
        {
            Rule = given.Rule,
            Channels = [.. given.Channels],
            RequiredSkills = required,
            NeverDropSkills = neverDrop,
            WantedSkills = wanted,
            Relaxation = steps,
            PriorityMinutes = Minutes<Priority>(given.PriorityMinutes, $"{Root}.priorityMinutes"),
            TierMinutes = Minutes<CustomerTier>(given.TierMinutes, $"{Root}.tierMinutes"),
            PreferredWaitSeconds = given.PreferredWaitSeconds,
            BusinessHours = Hours.Of(shifts),
            TimeZone = given.TimeZone,
            ClosedHours = Closed(given, steps),
            OfferAgainAfterDecline = given.OfferAgainAfterDecline,
            MaximumOffers = given.MaximumOffers,
            OfferTimeoutSeconds = given.OfferTimeoutSeconds,
            MissesUntilAway = given.MissesUntilAway,
            ChannelWeights = Weights(given),
            MinimumLanguageLevel = given.MinimumLanguageLevel,
            ServiceTargets = ServiceTargets(given),
        };
    }

    private void CheckRule(ProtoDefinition given) => check
        .That(given.Rule.Length == 0 || MatchingRules.Named(given.Rule) is not null, $"{Root}.rule",
            $"there is no rule '{given.Rule}'. Use one of {string.Join(", ", MatchingRules.Names)}.")
        .That(given.Rule.Length == 0 || group == PolicyDefinition.DefaultGroup, $"{Root}.rule",
            "is the tenant's one rule. Name it in the group 'default', and leave it empty here.");

    private void CheckChannels(ProtoDefinition given)
    {
        const string field = $"{Root}.channels";
        if (group == PolicyDefinition.DefaultGroup)
        {
            check.That(given.Channels.Count == 0, field, "must be empty: 'default' is followed by every channel that no other group has.");
            return;
        }

        check.That(given.Channels.Count <= MostEntries, field, $"at most {MostEntries}.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (position, channel) in given.Channels.Take(MostEntries).Index())
        {
            var owner = book.Policies.FirstOrDefault(policy => policy.Group != group && policy.Definition.Channels.Contains(channel, StringComparer.Ordinal))?.Group;
            check.Text(channel, $"{field}[{position}]", LongestChannel)
                .That(seen.Add(channel), $"{field}[{position}]", $"'{channel}' is given twice.")
                .That(owner is null, $"{field}[{position}]", $"'{channel}' follows the group '{owner}'. Activate a version of that group without it first.");
        }
    }

    private List<SkillRequirement> Required(ProtoDefinition given)
    {
        const string field = $"{Root}.requiredSkills";
        check.That(given.RequiredSkills.Count <= MostEntries, field, $"at most {MostEntries}.");
        var (seen, required) = (NewNames(), new List<SkillRequirement>());
        foreach (var (position, one) in given.RequiredSkills.Take(MostEntries).Index())
        {
            CheckSkill(one.Skill, $"{field}[{position}].skill", seen);
            check.That(one.MinimumLevel is >= 1 and <= Level.Master, $"{field}[{position}].minimumLevel",
                $"must be from 1 to {Level.Master}, which is the highest that anybody can have; it is {one.MinimumLevel}.");
            required.Add(new SkillRequirement(one.Skill, one.MinimumLevel, one.NeverDrop));
        }

        return required;
    }

    private List<WantedSkill> Wanted(ProtoDefinition given)
    {
        const string field = $"{Root}.wantedSkills";
        check.That(given.WantedSkills.Count <= MostEntries, field, $"at most {MostEntries}.");
        var (seen, wanted) = (NewNames(), new List<WantedSkill>());
        foreach (var (position, one) in given.WantedSkills.Take(MostEntries).Index())
        {
            CheckSkill(one.Skill, $"{field}[{position}].skill", seen);
            check.That(one.Weight is >= 1 and <= HighestWeight, $"{field}[{position}].weight", $"must be from 1 to {HighestWeight}; it is {one.Weight}.");
            wanted.Add(new WantedSkill(one.Skill, one.Weight));
        }

        return wanted;
    }

    private List<string> Names(RepeatedField<string> given, string field)
    {
        check.That(given.Count <= MostEntries, field, $"at most {MostEntries}.");
        var seen = NewNames();
        foreach (var (position, name) in given.Take(MostEntries).Index())
            CheckSkill(name, $"{field}[{position}]", seen);
        return [.. given.Take(MostEntries)];
    }

    /// <param name="seen">What was named before in the same place, by id.</param>
    private void CheckSkill(string name, string field, HashSet<string> seen)
    {
        check.Skill(name, field);
        if (string.IsNullOrWhiteSpace(name))
            return;
        check.That(!book.Catalogue.Closed || book.Catalogue.Find(name) is not null, field,
                $"the catalogue is closed and has no '{name}', so nobody can have it. Correct the name, or add it with PUT /v1/skills/{{id}} first.")
            .That(seen.Add(book.Catalogue.IdOf(name)), field, $"'{name}' is given twice (synonyms are the same skill).");
    }

    private List<PolicyStep> Steps(ProtoDefinition given, HashSet<string> staying)
    {
        const string root = $"{Root}.relaxation";
        check.That(given.Relaxation.Count <= MostSteps, root, $"at most {MostSteps} steps.");
        var steps = new List<PolicyStep>();
        foreach (var (position, one) in given.Relaxation.Take(MostSteps).Index())
        {
            var field = $"{root}[{position}]";
            check.That(one.AfterSeconds is >= 1 and <= LongestStep, $"{field}.afterSeconds", $"must be from 1 to {LongestStep}; it is {one.AfterSeconds}.")
                .That(one.LevelsDown is >= 0 and <= Level.Master, $"{field}.levelsDown",
                    $"must be from 0 to {Level.Master}: a step gives up, it never asks for more; it is {one.LevelsDown}.")
                .That(one is not { LevelsDown: 0, NeverDropOnly: false, Overflow: false, DropSkills.Count: 0 }, field,
                    "gives nothing up. Say what with levelsDown, dropSkills, neverDropOnly or overflow, or leave the step out.");
            var drops = Names(one.DropSkills, $"{field}.dropSkills");
            foreach (var (drop, name) in drops.Index())
            {
                check.That(!staying.Contains(book.Catalogue.IdOf(name)), $"{field}.dropSkills[{drop}]",
                    $"'{name}' is never dropped. Take it out here, or out of what is never dropped.");
            }

            var step = new PolicyStep(one.AfterSeconds, one.LevelsDown, drops, one.NeverDropOnly, one.Overflow);
            if (steps is [.., var before])
            {
                check.That(step.AfterSeconds > before.AfterSeconds, $"{field}.afterSeconds",
                        $"must be later than {before.AfterSeconds}, when the step before it comes. Put the steps in order of time.")
                    .That(!step.ToStep(book.Catalogue).TakesBack(before.ToStep(book.Catalogue)), field,
                        $"asks again for what the step before it gave up. A step replaces the one before it, so it has to give that up too: {Given(before)}.");
            }

            steps.Add(step);
        }

        return steps;
    }

    private static string Given(PolicyStep step)
    {
        var parts = new List<string>();
        if (step.LevelsDown > 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"levelsDown {step.LevelsDown} or more"));
        if (step.DropSkills.Count > 0)
            parts.Add($"dropSkills {string.Join(", ", step.DropSkills)}");
        if (step.NeverDropOnly)
            parts.Add("neverDropOnly");
        if (step.Overflow)
            parts.Add("overflow");
        return string.Join("; ", parts);
    }

    private Dictionary<string, double> Minutes<TEnum>(IEnumerable<KeyValuePair<string, double>> given, string field)
        where TEnum : struct, Enum
    {
        var names = WordsOf<TEnum>();
        var minutes = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            check.That(names.Contains(name), field, $"'{name}' is none of {string.Join(", ", names)}.")
                .That(value is >= 0 and <= MostMinutes, field,
                    string.Create(CultureInfo.InvariantCulture, $"'{name}': must be from 0 to {MostMinutes} minutes; it is {value}."));
            minutes[name] = value;
        }

        return minutes;
    }

    private static List<string> WordsOf<TEnum>()
        where TEnum : struct, Enum => [.. Enum.GetNames<TEnum>().Select(name => name.ToUpperInvariant())];

    private List<ServiceTarget> ServiceTargets(ProtoDefinition given)
    {
        const string root = $"{Root}.serviceTargets";
        check.That(given.ServiceTargets.Count <= MostEntries, root, $"at most {MostEntries}.");
        var (tiers, targets) = (WordsOf<CustomerTier>(), new List<ServiceTarget>());
        foreach (var (position, one) in given.ServiceTargets.Take(MostEntries).Index())
        {
            var field = $"{root}[{position}]";
            check.Text(one.Channel, $"{field}.channel", LongestChannel)
                .That(one.Tier.Length == 0 || tiers.Contains(one.Tier), $"{field}.tier",
                    $"'{one.Tier}' is none of {string.Join(", ", tiers)}. Leave it empty for every tier that is not named.")
                .That(one.Seconds is >= 1 and <= LongestServiceTarget, $"{field}.seconds", $"must be from 1 to {LongestServiceTarget}; it is {one.Seconds}.")
                .That(!targets.Exists(target => target.Channel == one.Channel && target.Tier == one.Tier), field,
                    $"'{one.Channel}' has a target for {(one.Tier.Length == 0 ? "every tier" : one.Tier)} already. Keep one of them.");
            targets.Add(new ServiceTarget(one.Channel, one.Tier, one.Seconds));
        }

        return targets;
    }

    private Dictionary<string, double> Weights(ProtoDefinition given)
    {
        const string field = $"{Root}.channelWeights";
        check.That(given.ChannelWeights.Count <= MostEntries, field, $"at most {MostEntries}.");
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (channel, weight) in given.ChannelWeights)
        {
            check.Text(channel, field, LongestChannel)
                .That(weight is >= LeastWeight and <= Capacity.Largest, field,
                    string.Create(CultureInfo.InvariantCulture, $"'{channel}': must be from {LeastWeight} to {Capacity.Largest}; it is {weight}."));
            weights[channel] = weight;
        }

        return weights;
    }

    private void CheckNumbers(ProtoDefinition given)
    {
        Whole(given.PreferredWaitSeconds, "preferredWaitSeconds", LongestPreferredWait, "does not wait");
        Whole(given.MaximumOffers, "maximumOffers", MostOffers, "no limit");
        Whole(given.OfferTimeoutSeconds, "offerTimeoutSeconds", LongestTimeout, "as configured");
        Whole(given.MissesUntilAway, "missesUntilAway", MostMisses, "never");
        Whole(given.MinimumLanguageLevel, "minimumLanguageLevel", Level.Master, "any language");
    }

    private void Whole(int value, string name, int most, string none) =>
        check.That(value >= 0 && value <= most, $"{Root}.{name}", $"must be from 0 ({none}) to {most}; it is {value}.");

    private ClosedHours Closed(ProtoDefinition given, List<PolicyStep> steps)
    {
        const string field = $"{Root}.closedHours";
        check.That(Enum.IsDefined(given.ClosedHours), field, "must be WAIT, OFFER or OVERFLOW.")
            .That(given.ClosedHours != ProtoClosedHours.Overflow || steps.Exists(step => step.Overflow), field,
                "OVERFLOW takes the relaxation steps at once, and none of them opens the overflow. Add one, or use WAIT or OFFER.");
        return given.ClosedHours switch
        {
            ProtoClosedHours.Offer => ClosedHours.Offer,
            ProtoClosedHours.Overflow => ClosedHours.Overflow,
            _ => ClosedHours.Wait,
        };
    }

    private static HashSet<string> NewNames() => new(StringComparer.OrdinalIgnoreCase);
}
