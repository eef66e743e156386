namespace Relais.Faults;

/// <summary>Who says that a matter is settled.</summary>
internal enum Ending
{
    /// <summary>The expert, after the customer's thanks.</summary>
    ByExpert,

    /// <summary>The customer, who confirms that it is solved; the expert leaves that to them.</summary>
    ByCustomer,

    /// <summary>Both at the same time.</summary>
    ByBoth,
}

/// <summary>What becomes of a matter the one time that it comes up.</summary>
/// <param name="IsDeclined">Whether the first expert to be asked declines.</param>
/// <param name="IsReassigned">Whether a supervisor gives it to another expert than the one who took it, before they answer.</param>
internal sealed record Course(bool IsDeclined, bool IsReassigned, Ending Ending)
{
    /// <summary>Periods without a common divisor: numbers in a row bring every combination.</summary>
    public static Course Of(int number) => new(IsDeclined: number % 2 == 0, IsReassigned: number % 5 is 0 or 2, (Ending)(number % 3));
}
