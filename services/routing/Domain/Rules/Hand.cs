namespace Relais.Routing.Domain.Rules;

/// <summary>
/// What an expert has in hand, as few enough kinds to be kept apart in an index: nothing, with room for a whole conversation
/// or without, or by the mean share of the expert that an item takes (half or more, between, a third, less) and by the load
/// (low, middle, high).
/// </summary>
internal static class Hand
{
    /// <summary>Nothing, of somebody who can take an undivided conversation.</summary>
    public const int Empty = 0;

    /// <summary>Nothing, of somebody who never has room for one.</summary>
    public const int Narrow = 1;

    public const int Count = FirstBusy + (Weights * Loads);

    private const int FirstBusy = 2;

    private const int Weights = 4;
    private const int Loads = 3;
    private const double Tolerance = .04;

    // Halves, a half among thirds, thirds, quarters and less: the lower border of a mean share, and what stands for it.
    private static readonly (double From, double Mean)[] Shares = [(.46, .5), (.38, .42), (.29, 1 / 3.0), (0, .2)];
    private static readonly (double From, double Mean)[] LoadBands = [(0, .3), (.42, .58), (.75, .85)];

    public static int Of(in ExpertState expert)
    {
        if (expert.Held == 0 || expert.Load == Capacity.None || expert.Capacity == Capacity.None) return expert.Capacity < Capacity.One ? Narrow : Empty;
        var load = (double)expert.Load.Parts / expert.Capacity.Parts;
        var share = expert.Load.Whole / expert.Held;
        var weight = 0;
        while (share < Shares[weight].From) weight++;
        var band = Loads - 1;
        while (load < LoadBands[band].From) band--;
        return FirstBusy + (weight * Loads) + band;
    }

    /// <summary>The share of the expert's capacity in use, roughly.</summary>
    public static double Load(int hand) => hand < FirstBusy ? 0 : LoadBands[(hand - FirstBusy) % Loads].Mean;

    /// <summary>Whether what is in hand is lighter, item by item, than a weight.</summary>
    public static bool IsLighterThan(int hand, double weight) => hand >= FirstBusy && Shares[(hand - FirstBusy) / Loads].Mean < weight - Tolerance;
}
