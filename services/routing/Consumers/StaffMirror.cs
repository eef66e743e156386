using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;
using CommonRoles = Relais.Common.Security.Roles;

namespace Relais.Routing.Consumers;

/// <summary>Keeps an expert for every member of staff whose role takes work.</summary>
internal sealed class StaffMirror(UnitOfWork<RoutingDb> unit, RoutingOptions options, ISignals signals)
{
    public async Task TakeAsync(
        ShardTurn turn, Guid id, string email, string name, string locale, IReadOnlyList<string> roles, bool disabled, CancellationToken cancellationToken)
    {
        var active = !disabled && (roles.Contains(CommonRoles.Expert) || roles.Contains(CommonRoles.Agent));
        var known = (await turn.EngineAsync(cancellationToken)).FindExpert(id)?.Profile;
        if (known is null && !active)
            return;
        var profile = known is null
            ? New(id, locale)
            : known;
        await turn.ApplyAsync(
            new Input.ProfileSet(turn.Now, profile with { DisplayName = name, Email = email, Locale = locale, Active = active }), cancellationToken);
        unit.AfterCommit(() => signals.Raise(Topics.Expert(id)));
    }

    // Until somebody says more, a person works in their own language, any time.
    private ExpertProfile New(Guid id, string locale) => new(
        id, "", "", locale, SkillLevels.Empty,
        locale.Length == 0 ? LanguageLevels.Empty : new LanguageLevels([KeyValuePair.Create(locale, Level.Master)]),
        Capacity.Of(options.DefaultCapacity), new WorkingSchedule(WorkingSchedule.ZoneOf(options.DefaultTimeZone)!, []));
}
