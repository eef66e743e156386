using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Types.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using ProtoExpert = Relais.Contracts.Routing.V1.Expert;

namespace Relais.Routing.Grpc;

/// <summary>Experts as the contract shows them.</summary>
internal static class ExpertView
{
    public static ProtoExpert Of(ExpertRow row)
    {
        var expert = new ProtoExpert
        {
            Id = row.Id.ToString(),
            DisplayName = row.DisplayName,
            Email = row.Email,
            Presence = PresenceOf(row.Presence),
            PresenceReason = row.PresenceReason,
            WrapUpSeconds = row.WrapUpSeconds,
            PresenceSince = row.PresenceSince.ToTimestamp(),
            Capacity = new Capacity(row.CapacityParts).Whole,
            Load = new Capacity(row.LoadParts).Whole,
            TimeZone = row.TimeZone,
            Etag = Etags.Of(row),
        };
        expert.Skills.AddRange(row.Skills.OrderByDescending(skill => skill.Level).ThenBy(skill => skill.Key, StringComparer.Ordinal)
            .Select(skill => new SkillLevel { Skill = skill.Name, Level = skill.Level, ExpiresAt = skill.ExpiresAt?.ToTimestamp() }));
        expert.Languages.AddRange(row.Languages.Select(language => new LanguageLevel { Language = language.Language, Level = language.Level }));
        expert.ChannelCeilings.Add(row.ChannelCeilings.ToDictionary());
        expert.WorkingHours.AddRange(row.Shifts.Select(PolicyView.Of));
        return expert;
    }

    /// <summary>The expert as saved in this transaction.</summary>
    public static async Task<ProtoExpert> OfAsync(RoutingDb db, Guid id, CancellationToken cancellationToken) =>
        Of(await db.Experts.Include(expert => expert.Skills).SingleAsync(expert => expert.Id == id, cancellationToken));

    public static ProtoExpert.Types.Presence PresenceOf(Presence presence) => presence switch
    {
        Presence.Available => ProtoExpert.Types.Presence.Available,
        Presence.Away => ProtoExpert.Types.Presence.Away,
        Presence.Offline => ProtoExpert.Types.Presence.Offline,
        _ => throw new UnreachableException(),
    };

    public static Presence? PresenceOf(ProtoExpert.Types.Presence presence) => presence switch
    {
        ProtoExpert.Types.Presence.Available => Presence.Available,
        ProtoExpert.Types.Presence.Away => Presence.Away,
        ProtoExpert.Types.Presence.Offline => Presence.Offline,
        _ => null,
    };

    /// <summary>The presence that a word names, in the contract's spelling.</summary>
    public static Presence? PresenceOf(string word) => word switch
    {
        "AVAILABLE" => Presence.Available,
        "AWAY" => Presence.Away,
        "OFFLINE" => Presence.Offline,
        _ => null,
    };
}
