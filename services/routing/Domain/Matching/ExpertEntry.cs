namespace Relais.Routing.Domain.Matching;

/// <summary>An expert as the engine keeps them: with a place in <see cref="ExpertIndex"/> and an alarm for their hours.</summary>
internal sealed class ExpertEntry(Expert expert) : Alarm
{
    public Expert Expert { get; } = expert;

    /// <summary>The place in the bitmaps.</summary>
    public int Position { get; set; } = -1;

    /// <summary>Skills by number, with levels from 1.</summary>
    public (int Skill, byte Level)[] Skills { get; set; } = [];

    /// <summary>Languages by number, with levels from 1.</summary>
    public (int Language, byte Level)[] Languages { get; set; } = [];

    /// <summary>Where the items that they may master wait; null until asked for.</summary>
    public (Anchor Anchor, int Level)[]? Anchors { get; set; }

    /// <summary>Available and on duty.</summary>
    public bool IsThere { get; set; }

    /// <summary>Available, but finishes what was closed last.</summary>
    public bool IsWrappingUp { get; set; }

    /// <summary>There, or back when they have finished: what waits for somebody like them waits on.</summary>
    public bool IsPresent { get; set; }

    public int Standing { get; set; }

    /// <summary>There, with nothing in hand.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Whether the standing changed with work that was given, during this turn.</summary>
    public bool IsStirred { get; set; }

    /// <summary>What made this expert able to take more during this turn; null when nothing did.</summary>
    public string? Freed { get; set; }

    /// <summary>The turn whose changes mention this expert already.</summary>
    public int ChangedIn { get; set; }
}
