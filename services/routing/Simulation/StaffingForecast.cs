namespace Relais.Routing.Simulation;

/// <summary>One hour of a forecast.</summary>
/// <param name="Hour">Of the day, 0 to 23.</param>
/// <param name="Contacts">Expected.</param>
/// <param name="Agents">The fewest that reach the service level.</param>
internal sealed record ForecastHour(int Hour, double Contacts, int Agents, Erlang Expected);

/// <summary>
/// How many experts the hours ahead need: contacts per hour are the mean of the history's days of the same kind (working
/// day or not), and Erlang A with the measured handle time and patience turns them into people.
/// </summary>
internal static class StaffingForecast
{
    private const int HoursPerDay = 24;
    private const double SecondsPerHour = 3600;
    private const double SecondsPerDay = HoursPerDay * SecondsPerHour;

    /// <summary>
    /// Mean patience from waits of which only those who gave up show their end: total wait over those who gave up, the
    /// maximum-likelihood estimate of an exponential under censoring. Infinite when nobody gave up.
    /// </summary>
    public static double MeanPatience(IEnumerable<(double Waited, bool GaveUp)> waits)
    {
        var (total, gaveUp) = (0.0, 0);
        foreach (var (waited, left) in waits) (total, gaveUp) = (total + waited, gaveUp + (left ? 1 : 0));
        return gaveUp == 0 ? double.PositiveInfinity : total / gaveUp;
    }

    /// <param name="arrivals">Seconds since the midnight that begins the history.</param>
    /// <param name="countsDay">Which days of the history, from 0, are like the day ahead.</param>
    /// <param name="share">Of the contacts, above 0 and below 1, to answer within <paramref name="target"/> seconds.</param>
    /// <exception cref="ArgumentException">No day of the history counts, or the service level is none.</exception>
    public static IReadOnlyList<ForecastHour> Hours(
        IEnumerable<double> arrivals, Func<int, bool> countsDay, double meanHandle, double meanPatience, double share, double target)
    {
        if (!(share is > 0 and < 1)) throw new ArgumentException("A service level is a share above 0 and below 1.", nameof(share));
        var counts = new double[HoursPerDay];
        var last = -1;
        foreach (var at in arrivals)
        {
            var day = (int)(at / SecondsPerDay);
            last = Math.Max(last, day);
            if (countsDay(day)) counts[(int)(at % SecondsPerDay / SecondsPerHour)]++;
        }

        // A day on which nothing came was a day too.
        var days = Enumerable.Range(0, last + 1).Count(countsDay);
        if (days == 0) throw new ArgumentException("No day of the history is like the day ahead.", nameof(arrivals));
        return
        [
            .. counts.Select((count, hour) => (Hour: hour, Contacts: count / days)).Where(hour => hour.Contacts > 0)
                .Select(hour => Of(hour.Hour, hour.Contacts, meanHandle, meanPatience, share, target)),
        ];
    }

    /// <param name="contacts">In the hour, more than 0.</param>
    public static ForecastHour Of(int hour, double contacts, double meanHandle, double meanPatience, double share, double target)
    {
        var agents = Erlang.AgentsFor(share, target, contacts / SecondsPerHour, meanHandle, meanPatience);
        return new ForecastHour(hour, contacts, agents, Erlang.Of(agents, contacts / SecondsPerHour, meanHandle, meanPatience, null, target));
    }
}
