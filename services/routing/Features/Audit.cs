using Relais.Common.Security;
using Relais.Routing.Data;

namespace Relais.Routing.Features;

/// <summary>Notes what somebody did to routing by hand, in the transaction that does it.</summary>
internal sealed class Audit(RoutingDb db, CallerContext caller)
{
    public const string Assigned = "assigned";
    public const string Pulled = "pulled";
    public const string Paused = "paused";
    public const string Resumed = "resumed";
    public const string TeamFormed = "team_formed";
    public const string TeamChanged = "team_changed";
    public const string TeamDissolved = "team_dissolved";
    public const string SkillChanged = "skill_changed";
    public const string CatalogueClosed = "catalogue_closed";
    public const string CatalogueOpened = "catalogue_opened";
    public const string PolicyActivated = "policy_activated";
    public const string PolicyRetired = "policy_retired";

    /// <summary>The caller's name, or their id where a token carries none.</summary>
    public string Who => caller.Caller.Name.Length > 0 ? caller.Caller.Name : caller.Caller.SubjectId.ToString();

    public void Note(DateTimeOffset at, string action, string subject, Guid? expert = null, string reason = "") => db.Audit.Add(new AuditRow
    {
        Id = Guid.CreateVersion7(at),
        At = at,
        ById = caller.Caller.SubjectId,
        By = Who,
        Action = action,
        Subject = subject,
        ExpertId = expert,
        Reason = reason,
    });
}
