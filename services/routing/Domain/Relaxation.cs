using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain;

/// <summary>One step of lowering what an item asks for.</summary>
/// <param name="After">How long the item has waited.</param>
/// <param name="LevelsDown">How far minimum levels drop, never below 1 for never-drop skills; a level of 0 drops the skill.</param>
/// <param name="NeverDropOnly">Leaves only never-drop skills, at level 1.</param>
internal sealed record RelaxationStep(TimeSpan After, int LevelsDown, bool NeverDropOnly = false)
{
    /// <summary>Skills that are given up, unless they are never dropped.</summary>
    public IReadOnlyList<string> Drops { get; init; } = [];

    /// <summary>Opens the item to the overflow of its team.</summary>
    public bool Overflow { get; init; }

    /// <summary>Whether it asks for anything that an earlier step had given up.</summary>
    public bool TakesBack(RelaxationStep earlier) =>
        (earlier.NeverDropOnly && !NeverDropOnly) || (!NeverDropOnly && LevelsDown < earlier.LevelsDown) || (earlier.Overflow && !Overflow)
        || (!NeverDropOnly && earlier.Drops.Except(Drops, StringComparer.OrdinalIgnoreCase).Any());
}

/// <summary>A requirement that a step lowered; <paramref name="To"/> 0 means that it was dropped.</summary>
internal sealed record Relaxation(string Skill, int From, int To, DateTimeOffset At);

/// <summary>
/// The ordered steps in which minimum levels give way to waiting. Language and never-drop skills stay. Each step starts
/// from what was asked originally, so steps do not add up.
/// </summary>
internal sealed class RelaxationPlan
{
    /// <summary>What is asked for stays asked for.</summary>
    public static readonly RelaxationPlan None = new([]);

    private readonly RelaxationStep[] _steps;

    /// <exception cref="ArgumentException">Steps out of order, one that lowers nothing, or one that asks for more again.</exception>
    public RelaxationPlan(IEnumerable<RelaxationStep> steps)
    {
        _steps = [.. steps];
        for (var i = 0; i < _steps.Length; i++)
        {
            if (_steps[i].After <= (i == 0 ? TimeSpan.Zero : _steps[i - 1].After))
                throw new ArgumentException("Every relaxation step comes later than the one before it.", nameof(steps));
            if (_steps[i] is { LevelsDown: <= 0, NeverDropOnly: false, Overflow: false, Drops.Count: 0 })
                throw new ArgumentException("A relaxation step lowers something.", nameof(steps));
            if (i > 0 && _steps[i].TakesBack(_steps[i - 1]))
                throw new ArgumentException("A relaxation step never asks for more than the one before it.", nameof(steps));
        }
    }

    /// <summary>How many steps a wait has taken.</summary>
    public int StepsAfter(TimeSpan waited)
    {
        var taken = 0;
        while (taken < _steps.Length && _steps[taken].After <= waited) taken++;
        return taken;
    }

    /// <summary>How many steps there are.</summary>
    public int Count => _steps.Length;

    /// <summary>The wait at which the step after <paramref name="taken"/> comes; null after the last.</summary>
    public TimeSpan? NextAfter(int taken) => taken < _steps.Length ? _steps[taken].After : null;

    /// <summary>The minimum level of a requirement after some steps; 0 when it no longer counts.</summary>
    public int MinimumLevel(SkillRequirement requirement, int taken)
    {
        if (taken == 0 || _steps.Length == 0) return requirement.MinimumLevel;
        var step = LastOf(taken);
        if (TeamSkill.Is(requirement.Skill)) return step.Overflow ? Math.Min(1, requirement.MinimumLevel) : requirement.MinimumLevel;
        if (!requirement.NeverDrop && step.Drops.Count > 0 && step.Drops.Contains(requirement.Skill, StringComparer.OrdinalIgnoreCase)) return 0;
        if (step.NeverDropOnly) return requirement.NeverDrop ? Math.Min(1, requirement.MinimumLevel) : 0;
        return Math.Max(requirement.NeverDrop ? 1 : 0, requirement.MinimumLevel - step.LevelsDown);
    }

    /// <summary>When the next step lowers what a waiting item asks for; null when no step does.</summary>
    public DateTimeOffset? NextLowering(WorkItem item)
    {
        if (item.RelaxedSteps >= _steps.Length) return null;
        for (var taken = item.RelaxedSteps; NextAfter(taken) is { } after; taken++)
        {
            if (Lowers(item, item.RelaxedSteps, taken + 1)) return item.WaitingSince + after;
        }

        return null;
    }

    /// <summary>Whether an item asks for less after some steps than after fewer.</summary>
    public bool Lowers(WorkItem item, int before, int after)
    {
        var skills = item.Request.Skills;
        for (var at = 0; at < skills.Count; at++)
            if (MinimumLevel(skills[at], after) < MinimumLevel(skills[at], before)) return true;
        return false;
    }

    /// <summary>What the steps taken have lowered, against what was asked.</summary>
    public IReadOnlyList<Relaxation> Taken(WorkItem item) => item.RelaxedSteps == 0 || _steps.Length == 0 ? [] :
    [
        .. from requirement in item.Request.Skills
           let lowered = MinimumLevel(requirement, item.RelaxedSteps)
           where lowered < requirement.MinimumLevel
           select new Relaxation(requirement.Skill, requirement.MinimumLevel, lowered, item.WaitingSince + LastOf(item.RelaxedSteps).After),
    ];

    // Under a plan that had more steps an item may have taken more than there are now: it has taken all of these.
    private RelaxationStep LastOf(int taken) => _steps[Math.Min(taken, _steps.Length) - 1];
}
