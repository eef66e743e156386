using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain;

/// <summary>A version of a group's policy.</summary>
internal sealed record GroupPolicy(string Group, PolicyDefinition Definition);

/// <summary>A pause of a group, or of a channel that was in it.</summary>
internal sealed record GroupPause(string Group, QueuePause Pause);

/// <summary>
/// Everything that a tenant has written down about routing, as what the engine reads: catalogue and teams become levels of
/// experts and requirements of items, policies become rules.
/// </summary>
/// <param name="usual">What counts where no policy says anything.</param>
internal sealed class RoutingBook(
    SkillCatalogue catalogue, IReadOnlyList<Team> teams, IReadOnlyList<GroupPolicy> policies, IReadOnlyList<GroupPause> pauses,
    RoutingPolicy? usual = null)
{
    /// <summary>Nothing was written down.</summary>
    public static readonly RoutingBook Empty = new(SkillCatalogue.Empty, [], [], []);

    private readonly RoutingPolicy _usual = usual ?? new RoutingPolicy { Book = null! };
    private readonly Dictionary<string, PolicyDefinition> _definitions =
        policies.ToDictionary(policy => policy.Group, policy => policy.Definition, StringComparer.Ordinal);

    public SkillCatalogue Catalogue => catalogue;

    public IReadOnlyList<Team> Teams => teams;

    public IReadOnlyList<GroupPolicy> Policies => policies;

    /// <summary>The routing groups that there are.</summary>
    public IReadOnlyList<string> Groups => [.. policies.Select(policy => policy.Group).Append(PolicyDefinition.DefaultGroup).Distinct()];

    public RoutingPolicy Policy => field ??= PolicyOf();

    /// <summary>The group that a channel's matters follow.</summary>
    public string GroupOf(string channel) =>
        policies.FirstOrDefault(policy => policy.Definition.Channels.Contains(channel, StringComparer.Ordinal))?.Group ?? PolicyDefinition.DefaultGroup;

    /// <summary>The group that a pause counts in: of one channel, the group that the channel's matters follow now.</summary>
    public string GroupOf(GroupPause pause) => pause.Pause.Channel.Length == 0 ? pause.Group : GroupOf(pause.Pause.Channel);

    /// <summary>The same with another version of a group's policy.</summary>
    public RoutingBook With(GroupPolicy policy) =>
        new(catalogue, teams, [.. policies.Where(other => other.Group != policy.Group), policy], pauses, _usual);

    /// <summary>The same without a group's policy.</summary>
    public RoutingBook Without(string group) => new(catalogue, teams, [.. policies.Where(other => other.Group != group)], pauses, _usual);

    /// <summary>The same without the team that was formed for a matter.</summary>
    public RoutingBook WithoutTeamOf(Guid ticket) =>
        teams.Any(team => team.TicketId == ticket) ? new(catalogue, [.. teams.Where(team => team.TicketId != ticket)], policies, pauses, _usual) : this;

    /// <summary>The same with somebody in further teams.</summary>
    public RoutingBook WithMember(Guid expert, IReadOnlyCollection<Guid> joined) => new(
        catalogue, [.. teams.Select(team => joined.Contains(team.Id) ? team with { Members = [.. team.Members, expert] } : team)], policies, pauses, _usual);

    /// <summary>The same with nothing paused.</summary>
    public RoutingBook WithoutPauses() => new(catalogue, teams, policies, [], _usual);

    /// <summary>A profile whose levels are what was given, implied and joined, as of a moment.</summary>
    public ExpertProfile Qualify(ExpertProfile profile, DateTimeOffset now)
    {
        var (skills, later) = Mastery.Of(profile.Given, TeamSkill.LevelsOf(profile.Id, teams), catalogue, now);
        return profile with { Skills = skills, Later = later };
    }

    /// <summary>What a conversation in a channel takes of an expert.</summary>
    public Capacity WeightOf(string channel) => WrittenWeightOf(channel) ?? _usual.UsualWeight(channel);

    /// <summary>The same where a policy says it; else null.</summary>
    public Capacity? WrittenWeightOf(string channel) =>
        _definitions.GetValueOrDefault(GroupOf(channel))?.ChannelWeights.TryGetValue(channel, out var weight) == true ? Capacity.Of(weight) : null;

    /// <summary>A request as it counts: what the matter asks for, with what its group and its team ask for.</summary>
    public WorkRequest Compose(WorkRequest asked) =>
        Compose(asked, teams.Any(team => team.TicketId == asked.Id), TeamSkill.RequiredBy(asked.Id, asked.Channel, teams));

    /// <summary>A matter as a team that was formed for it would ask for the member who gets it, their membership apart.</summary>
    public WorkItem ForLead(WorkItem item)
    {
        var asked = item.Request with { Skills = item.Request.Asked ?? item.Request.Skills };
        return new WorkItem(Compose(asked, together: true, membership: null), item.DueAt, item.WaitingSince) { DeclinedBy = item.DeclinedBy };
    }

    /// <param name="together">Whether the members of a team that was formed for the matter bring all but its first skill between them.</param>
    private WorkRequest Compose(WorkRequest asked, bool together, SkillRequirement? membership)
    {
        var group = GroupOf(asked.Channel);
        var policy = _definitions.GetValueOrDefault(group);
        var skills = new List<SkillRequirement>();
        foreach (var skill in (together ? asked.Skills.Take(1) : asked.Skills).Concat(policy?.RequiredSkills ?? []))
        {
            var stays = skill.NeverDrop || policy?.NeverDropSkills.Any(name => catalogue.AreSame(name, skill.Skill)) == true;
            var known = skills.FindIndex(other => catalogue.AreSame(other.Skill, skill.Skill));
            if (known < 0)
                skills.Add(skill with { NeverDrop = stays });
            else
                skills[known] = new SkillRequirement(skills[known].Skill, Math.Max(skills[known].MinimumLevel, skill.MinimumLevel), skills[known].NeverDrop || stays);
        }

        if (membership is not null)
            skills.Add(membership);
        return asked with
        {
            Skills = skills, Asked = asked.Skills, Group = group, HeadStart = HeadStartOf(asked, policy), ServiceTarget = ServiceTargetOf(asked, policy),
        };
    }

    private static TimeSpan? ServiceTargetOf(WorkRequest request, PolicyDefinition? policy)
    {
        var targets = policy?.ServiceTargets.Where(target => target.Channel == request.Channel).ToList() ?? [];
        var tier = request.Tier.ToString().ToUpperInvariant();
        var target = targets.Find(target => target.Tier == tier) ?? targets.Find(target => target.Tier.Length == 0);
        return target is null ? null : TimeSpan.FromSeconds(target.Seconds);
    }

    private static TimeSpan HeadStartOf(WorkRequest request, PolicyDefinition? policy) => policy is null
        ? TimeSpan.Zero
        : TimeSpan.FromMinutes(
            policy.PriorityMinutes.GetValueOrDefault(request.Priority.ToString().ToUpperInvariant())
            + policy.TierMinutes.GetValueOrDefault(request.Tier.ToString().ToUpperInvariant()));

    private RoutingPolicy PolicyOf()
    {
        var first = Of(PolicyDefinition.DefaultGroup);
        var rule = _definitions.GetValueOrDefault(PolicyDefinition.DefaultGroup)?.Rule is { Length: > 0 } name ? MatchingRules.Named(name) : null;
        first = first with { Rule = rule ?? _usual.Rule };
        return first with
        {
            Groups = policies.Where(policy => policy.Group != PolicyDefinition.DefaultGroup)
                .ToDictionary(policy => policy.Group, policy => Of(policy.Group) with { Rule = first.Rule }, StringComparer.Ordinal),
        };
    }

    private RoutingPolicy Of(string group)
    {
        var paused = _usual with { Book = this, Pauses = [.. pauses.Where(pause => GroupOf(pause) == group).Select(pause => pause.Pause)] };
        if (_definitions.GetValueOrDefault(group) is not { } definition)
            return paused;
        return paused with
        {
            Relaxation = new RelaxationPlan(definition.Relaxation.Select(step => step.ToStep(catalogue))),
            Wanted = definition.WantedSkills,
            OfferTimeout = definition.OfferTimeoutSeconds > 0 ? TimeSpan.FromSeconds(definition.OfferTimeoutSeconds) : _usual.OfferTimeout,
            MissesUntilAway = definition.MissesUntilAway,
            MinimumLanguageLevel = definition.MinimumLanguageLevel,
            PreferredWait = TimeSpan.FromSeconds(definition.PreferredWaitSeconds),
            MaximumOffers = definition.MaximumOffers,
            OffersAgainAfterDecline = definition.OfferAgainAfterDecline,
            BusinessHours = definition.Schedule,
            ClosedHours = definition.ClosedHours,
        };
    }
}
