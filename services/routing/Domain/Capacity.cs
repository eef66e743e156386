using System.Globalization;

namespace Relais.Routing.Domain;

/// <summary>
/// An amount of an expert's attention: 1 is one undivided conversation. Kept in whole parts of 1/2520 (which halves,
/// thirds … tenths divide evenly), so that three chats of a third fill one expert exactly and sums never drift.
/// </summary>
internal readonly record struct Capacity(int Parts) : IComparable<Capacity>
{
    /// <summary>Parts in one whole: the least common multiple of 1 to 10.</summary>
    public const int PartsPerWhole = 2520;

    /// <summary>The largest budget that makes sense for a person; a guard against typing errors.</summary>
    public const double Largest = 100;

    public static readonly Capacity None = new(0);

    public static readonly Capacity One = new(PartsPerWhole);

    /// <summary>The nearest whole number of parts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not between 0 and <see cref="Largest"/>.</exception>
    public static Capacity Of(double whole)
    {
        if (!(whole is >= 0 and <= Largest))
            throw new ArgumentOutOfRangeException(nameof(whole), whole, $"Between 0 and {Largest}.");
        return new Capacity((int)Math.Round(whole * PartsPerWhole));
    }

    public double Whole => (double)Parts / PartsPerWhole;

    public int CompareTo(Capacity other) => Parts.CompareTo(other.Parts);

    public override string ToString() => Whole.ToString("0.##", CultureInfo.InvariantCulture);

    public static Capacity operator +(Capacity left, Capacity right) => new(left.Parts + right.Parts);

    public static Capacity operator -(Capacity left, Capacity right) => new(left.Parts - right.Parts);

    public static bool operator <(Capacity left, Capacity right) => left.Parts < right.Parts;

    public static bool operator >(Capacity left, Capacity right) => left.Parts > right.Parts;

    public static bool operator <=(Capacity left, Capacity right) => left.Parts <= right.Parts;

    public static bool operator >=(Capacity left, Capacity right) => left.Parts >= right.Parts;
}
