namespace Relais.Routing.Domain.Matching;

/// <summary>A channel and what it takes of an expert: who is free for one may be full for another.</summary>
internal sealed class Lane(string channel, Capacity weight, int number)
{
    public string Channel { get; } = channel;

    public Capacity Weight { get; } = weight;

    public int Number { get; } = number;

    /// <summary>Experts who are there and have room.</summary>
    public Bitmap Free { get; } = new();

    public int FreeCount { get; private set; }

    /// <summary>How many of those have which level in each skill.</summary>
    public LevelCounts Masters { get; } = new();

    /// <summary>How many of those have which level in each language.</summary>
    public LevelCounts Speakers { get; } = new();

    public bool Fits(Expert expert) => expert.HasRoomFor(Weight, Channel);

    /// <summary>Counts an expert who became free, or one who no longer is; their bit is the caller's.</summary>
    /// <param name="by">1 or -1.</param>
    public void Count(ExpertEntry entry, int by)
    {
        FreeCount += by;
        Masters.Add(entry.Skills, by);
        Speakers.Add(entry.Languages, by);
    }
}

/// <summary>The experts of each level or better in one skill or language.</summary>
/// <param name="isMembership">
/// Whether the levels tell whom a team lets have something, and nothing of how well they master it: they are required like
/// others, and count no further.
/// </param>
internal sealed class LevelMaps(bool isMembership = false)
{
    private readonly Bitmap[] _atLeast = [new(), new(), new(), new(), new()];

    public bool IsMembership => isMembership;

    /// <param name="level">1 to 5.</param>
    public Bitmap AtLeast(int level) => _atLeast[level - 1];

    public int LevelOf(int position)
    {
        var level = Level.None;
        while (level < Level.Master && _atLeast[level][position]) level++;
        return level;
    }
}

/// <summary>How many experts there are of each level or better, by the number of a skill or language.</summary>
internal sealed class LevelCounts
{
    private int[] _atLeast = [];

    /// <param name="level">1 to 5.</param>
    public int AtLeast(int number, int level) => At(number, level) is var at && at < _atLeast.Length ? _atLeast[at] : 0;

    public void Add(ReadOnlySpan<(int Number, byte Level)> levels, int by)
    {
        foreach (var (number, highest) in levels)
        {
            var last = At(number, highest);
            if (last >= _atLeast.Length) Array.Resize(ref _atLeast, Math.Max(2 * _atLeast.Length, At(number + 1, 1)));
            for (var at = At(number, 1); at <= last; at++) _atLeast[at] += by;
        }
    }

    private static int At(int number, int level) => (number * Level.Master) + level - 1;
}
