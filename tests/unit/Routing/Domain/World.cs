using Relais.Routing.Domain;

namespace Relais.Unit.Routing.Domain;

/// <summary>An engine on a clock that the test moves, with short names for what happens to it.</summary>
internal sealed class World(RoutingPolicy? policy = null, DateTimeOffset? now = null)
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private int _ids;

    public MatchingEngine Engine => field ??= new MatchingEngine(policy ?? new RoutingPolicy(), _ => Id(0xF0, ++_ids));

    public DateTimeOffset Now { get; private set; } = now ?? Start;

    public Reaction Last { get; private set; } = new(Refusal.None, [], Start);

    public static Guid Id(int kind, int number) => new(number, (short)kind, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static SkillLevels Skills(params (string Skill, int Level)[] levels) =>
        new(levels.Select(l => KeyValuePair.Create(l.Skill, l.Level)));

    public static LanguageLevels Languages(params (string Tag, int Level)[] levels) =>
        new(levels.Select(l => KeyValuePair.Create(l.Tag, l.Level)));

    public static ExpertProfile Profile(
        int number, SkillLevels? skills = null, LanguageLevels? languages = null, double capacity = 1, WorkingSchedule? schedule = null) =>
        new(Id(1, number), $"Expert {number}", $"expert{number}@example.org", "fr", skills ?? SkillLevels.Empty,
            languages ?? Languages(("fr", 5)), Capacity.Of(capacity), schedule ?? WorkingSchedule.Always);

    public Guid Expert(
        int number, SkillLevels? skills = null, LanguageLevels? languages = null, double capacity = 1, WorkingSchedule? schedule = null,
        Presence presence = Presence.Available)
    {
        Do(new Input.ProfileSet(Now, Profile(number, skills, languages, capacity, schedule)));
        if (presence != Presence.Offline) Be(Id(1, number), presence);
        return Id(1, number);
    }

    public WorkItem Open(
        int number, double weight = 1, string language = "fr", Priority priority = Priority.Normal, DateTimeOffset? since = null,
        params SkillRequirement[] skills)
    {
        var queued = since ?? Now;
        var item = new WorkItem(
            new WorkRequest(Id(2, number), $"T-{number}", "Subject", "voice", language, priority, Capacity.Of(weight), skills, queued),
            queued.AddHours(1), queued);
        Do(new Input.Opened(Now, item));
        return item;
    }

    public Reaction Be(Guid expert, Presence presence) => Do(new Input.PresenceSet(Now, expert, presence));

    public Reaction Accept(WorkItem item) => Do(new Input.Accepted(Now, OfferOf(item)!.Id, item.Holder!.Value));

    public Reaction Decline(WorkItem item) => Do(new Input.Declined(Now, OfferOf(item)!.Id, item.Holder!.Value, "busy"));

    public Reaction Resolve(WorkItem item) => Do(new Input.Resolved(Now, item.Id));

    public Reaction Wait(double seconds)
    {
        Now = Now.AddSeconds(seconds);
        return Do(new Input.TimePassed(Now));
    }

    public Reaction Do(Input input) => Last = Engine.Apply(input);

    public Offer? OfferOf(WorkItem item) => Engine.LiveOffers.SingleOrDefault(o => o.ItemId == item.Id);

    public Decision Decided(WorkItem item) => Last.Changes
        .Select(change => change switch
        {
            Change.OfferMade made => made.Decision,
            Change.Waits waits => waits.Decision,
            _ => null,
        })
        .Last(decision => decision?.ItemId == item.Id)!;
}
