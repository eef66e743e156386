using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain;

internal enum Presence
{
    Available = 1,
    Away = 2,
    Offline = 3,
}

/// <summary>What an expert can do and when; set by people.</summary>
/// <param name="Locale">The language in which this person reads.</param>
/// <param name="Capacity">The budget that offered and accepted work uses up, each channel with its weight.</param>
/// <param name="Active">Whether this person still takes work at all.</param>
internal sealed record ExpertProfile(
    Guid Id, string DisplayName, string Email, string Locale, SkillLevels Skills, LanguageLevels Languages, Capacity Capacity,
    WorkingSchedule Schedule, bool Active = true)
{
    /// <summary>The most items at once by channel; a channel that is not named has no limit but the capacity.</summary>
    public IReadOnlyDictionary<string, int> ChannelCeilings { get; init; } = NoCeilings;

    /// <summary>What people gave this expert; <see cref="Skills"/> is what that amounts to.</summary>
    public IReadOnlyList<GivenSkill> Given { get; init; } = [];

    /// <summary>What <see cref="Skills"/> will be as certificates end, in order of time.</summary>
    public IReadOnlyList<LaterSkills> Later { get; init; } = [];

    /// <summary>How long no new work comes after each finished item.</summary>
    public TimeSpan WrapUp { get; init; }

    private static readonly IReadOnlyDictionary<string, int> NoCeilings = new Dictionary<string, int>();
}

/// <summary>An expert at work: the profile, whether they are there, and what they hold.</summary>
internal sealed class Expert(ExpertProfile profile, Presence presence, DateTimeOffset presenceSince)
{
    // Few enough that looking through them beats any index.
    private readonly List<WorkRequest> _held = [];
    private (bool OnDuty, DateTimeOffset From, DateTimeOffset Until)? _duty;

    public Guid Id => Profile.Id;

    public ExpertProfile Profile { get; private set; } = profile;

    public Presence Presence { get; private set; } = presence;

    public DateTimeOffset PresenceSince { get; private set; } = presenceSince;

    /// <summary>Why away or offline, in the expert's words.</summary>
    public string PresenceReason { get; private set; } = "";

    /// <summary>Until when this expert finishes what was closed last; null when they do not.</summary>
    public DateTimeOffset? WrapsUpUntil { get; private set; }

    /// <summary>Since when this expert, with nothing in hand, has been there; null while they hold or are offered work.</summary>
    public DateTimeOffset? IdleSince { get; private set; } = presence == Presence.Available ? presenceSince : null;

    /// <summary>Since when this expert comes last of equals: when their last work ended or they came, or when they were given work, as the rule has it.</summary>
    public DateTimeOffset? TurnSince { get; set; }

    /// <summary>Offers in a row that this expert let expire.</summary>
    public int MissesInRow { get; private set; }

    /// <summary>What offered and accepted work uses of <see cref="ExpertProfile.Capacity"/>.</summary>
    public Capacity Load { get; private set; }

    /// <summary>The items offered to or accepted by this expert.</summary>
    public IEnumerable<Guid> Held => _held.Select(request => request.Id);

    public int HeldCount => _held.Count;

    /// <summary>Whether one more item of a channel fits the capacity and the channel's ceiling.</summary>
    public bool HasRoomFor(Capacity weight, string channel) =>
        Load + weight <= Profile.Capacity
        && (Profile.ChannelCeilings.Count == 0 || !Profile.ChannelCeilings.TryGetValue(channel, out var ceiling) || HeldOf(channel) < ceiling);

    /// <summary>Whether what is held fits the capacity, and what is held of a channel its ceiling.</summary>
    public bool IsWithinLimits(string channel) =>
        Load <= Profile.Capacity && (!Profile.ChannelCeilings.TryGetValue(channel, out var ceiling) || HeldOf(channel) <= ceiling);

    /// <summary>
    /// Whether the hours let work reach this expert. Being available counts until a shift ends: whoever forgets to sign
    /// off gets nothing overnight, and whoever signs on outside the hours, or says so again, is taken at their word.
    /// </summary>
    public bool OnDuty(DateTimeOffset now) => Duty(now).OnDuty;

    /// <summary>When <see cref="OnDuty"/> may change by itself while available, or a certificate ends; null for never.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now)
    {
        var until = Presence == Presence.Available ? Duty(now).Until : DateTimeOffset.MaxValue;
        foreach (var later in Profile.Later)
            if (later.From > now && later.From < until) until = later.From;
        return until < DateTimeOffset.MaxValue ? until : null;
    }

    /// <summary>When the hours or a wrap-up let work reach this expert again; null when they do now, and for never.</summary>
    public DateTimeOffset? BackOnDuty(DateTimeOffset now) =>
        Duty(now) is (false, _, var until) && until < DateTimeOffset.MaxValue ? until : null;

    /// <summary>Takes what certificates that have ended change.</summary>
    /// <returns>Whether they changed something.</returns>
    public bool TakeTime(DateTimeOffset now)
    {
        var reached = 0;
        while (reached < Profile.Later.Count && Profile.Later[reached].From <= now) reached++;
        if (reached == 0) return false;
        Profile = Profile with { Skills = Profile.Later[reached - 1].Skills, Later = [.. Profile.Later.Skip(reached)] };
        return true;
    }

    /// <summary>Begins the time after a finished item.</summary>
    public void WrapUp(DateTimeOffset now)
    {
        if (Profile.WrapUp <= TimeSpan.Zero || Presence != Presence.Available) return;
        WrapsUpUntil = now + Profile.WrapUp;
        _duty = null;
    }

    public void SetProfile(ExpertProfile profile)
    {
        Profile = profile;
        _duty = null;
    }

    public void SetPresence(Presence presence, DateTimeOffset now, string reason = "")
    {
        (Presence, PresenceReason) = (presence, presence == Presence.Available ? "" : reason);
        // Whoever says that they are available has finished.
        WrapsUpUntil = null;
        PresenceSince = now;
        MissesInRow = 0;
        IdleSince = presence == Presence.Available && _held.Count == 0 ? now : null;
        _duty = null;
    }

    public void Hold(WorkRequest item)
    {
        _held.Add(item);
        Load += item.Weight;
        IdleSince = null;
    }

    public void Release(Guid item, DateTimeOffset now)
    {
        var at = _held.Count - 1;
        while (at >= 0 && _held[at].Id != item) at--;
        if (at < 0) return;
        Load -= _held[at].Weight;
        _held.RemoveAt(at);
        if (_held.Count == 0 && Presence == Presence.Available) IdleSince = now;
    }

    public void Missed() => MissesInRow++;

    public void Answered() => MissesInRow = 0;

    /// <summary>Puts back what a restart has to know.</summary>
    public void Restore(
        int missesInRow, DateTimeOffset? idleSince, string presenceReason = "", DateTimeOffset? wrapsUpUntil = null, DateTimeOffset? turnSince = null)
    {
        TurnSince = turnSince;
        (PresenceReason, WrapsUpUntil) = (presenceReason, wrapsUpUntil);
        MissesInRow = missesInRow;
        IdleSince = _held.Count == 0 ? idleSince : null;
    }

    private int HeldOf(string channel)
    {
        var count = 0;
        foreach (var held in _held)
            if (held.Channel == channel) count++;
        return count;
    }

    private (bool OnDuty, DateTimeOffset From, DateTimeOffset Until) Duty(DateTimeOffset now)
    {
        if (_duty is { } known && known.From <= now && now < known.Until) return known;
        var schedule = Profile.Schedule;
        var onDuty = schedule.Covers(now) || !(schedule.LastEnd(now) > PresenceSince);
        var duty = WrapsUpUntil is { } end && end > now ? (false, now, end) : (onDuty, now, schedule.NextChange(now) ?? DateTimeOffset.MaxValue);
        _duty = duty;
        return duty;
    }
}
