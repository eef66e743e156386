using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using NodaTime;
using Relais.Common.Data;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain.Policies;
using ProtoClosedHours = Relais.Contracts.Routing.V1.PolicyDefinition.Types.ClosedHours;
using ProtoDefinition = Relais.Contracts.Routing.V1.PolicyDefinition;
using ProtoPolicy = Relais.Contracts.Routing.V1.Policy;

namespace Relais.Routing.Grpc;

/// <summary>Policies as the contract shows them.</summary>
internal static class PolicyView
{
    public static ProtoPolicy Of(PolicyRow row, IEnumerable<string> warnings)
    {
        var policy = new ProtoPolicy
        {
            Id = row.Id.ToString(),
            Group = row.Group,
            Version = row.Version,
            State = row.State switch
            {
                PolicyState.Draft => ProtoPolicy.Types.State.Draft,
                PolicyState.Active => ProtoPolicy.Types.State.Active,
                PolicyState.Retired => ProtoPolicy.Types.State.Retired,
                _ => throw new UnreachableException(),
            },
            Definition = Of(row.Definition),
            CreatedAt = row.CreatedAt.ToTimestamp(),
            CreatedBy = row.CreatedBy,
            ActivatedAt = row.ActivatedAt?.ToTimestamp(),
            ActivatedBy = row.ActivatedBy,
            DryRunAt = row.DryRunAt?.ToTimestamp(),
            Etag = Etags.Of(row),
        };
        policy.Warnings.AddRange(warnings);
        return policy;
    }

    public static ProtoDefinition Of(Domain.Policies.PolicyDefinition policy)
    {
        var definition = new ProtoDefinition
        {
            Rule = policy.Rule,
            PreferredWaitSeconds = policy.PreferredWaitSeconds,
            TimeZone = policy.TimeZone,
            ClosedHours = policy.ClosedHours switch
            {
                ClosedHours.Wait => ProtoClosedHours.Wait,
                ClosedHours.Offer => ProtoClosedHours.Offer,
                ClosedHours.Overflow => ProtoClosedHours.Overflow,
                _ => throw new UnreachableException(),
            },
            OfferAgainAfterDecline = policy.OfferAgainAfterDecline,
            MaximumOffers = policy.MaximumOffers,
            OfferTimeoutSeconds = policy.OfferTimeoutSeconds,
            MissesUntilAway = policy.MissesUntilAway,
            MinimumLanguageLevel = policy.MinimumLanguageLevel,
        };
        definition.Channels.AddRange(policy.Channels);
        definition.RequiredSkills.AddRange(policy.RequiredSkills.Select(skill => new ProtoDefinition.Types.RequiredSkill
        {
            Skill = skill.Skill, MinimumLevel = skill.MinimumLevel, NeverDrop = skill.NeverDrop,
        }));
        definition.NeverDropSkills.AddRange(policy.NeverDropSkills);
        definition.WantedSkills.AddRange(policy.WantedSkills.Select(skill => new ProtoDefinition.Types.WantedSkill { Skill = skill.Skill, Weight = skill.Weight }));
        foreach (var step in policy.Relaxation)
        {
            var view = new ProtoDefinition.Types.RelaxationStep
            {
                AfterSeconds = step.AfterSeconds, LevelsDown = step.LevelsDown, NeverDropOnly = step.NeverDropOnly, Overflow = step.Overflow,
            };
            view.DropSkills.AddRange(step.DropSkills);
            definition.Relaxation.Add(view);
        }

        definition.ServiceTargets.AddRange(policy.ServiceTargets.Select(target => new ProtoDefinition.Types.ServiceTarget
        {
            Channel = target.Channel, Tier = target.Tier, Seconds = target.Seconds,
        }));
        definition.PriorityMinutes.Add(policy.PriorityMinutes.ToDictionary());
        definition.TierMinutes.Add(policy.TierMinutes.ToDictionary());
        definition.ChannelWeights.Add(policy.ChannelWeights.ToDictionary());
        foreach (var hours in policy.BusinessHours)
            definition.BusinessHours.Add(Of(hours));
        return definition;
    }

    public static WorkingHours Of(PolicyHours hours)
    {
        var view = new WorkingHours { From = hours.From, To = hours.To };
        view.Days.AddRange(hours.Days.Select(day => ((IsoDayOfWeek)day).ToString().ToLowerInvariant()));
        return view;
    }
}
