using System.Globalization;
using Relais.Routing.Domain;

namespace Relais.Routing.Simulation;

/// <summary>
/// A bank's call log as traffic: tab-separated calls with type, priority, times, outcome and server. Each call asks for its
/// type; the servers of the log are the experts, there from their first to their last call of a day. A server's level in a
/// type follows from the share of their calls: 5 from 40%, 4 from 20%, 3 from 10%, 2 from 3%, 1 below.
/// </summary>
/// <remarks>
/// What the log knows is kept: arrivals, handle times, and the patience of who gave up. Who was answered would have waited
/// longer than they did: their remaining patience is drawn from the exponential that the log's waits imply (total wait over
/// hang-ups, the maximum-likelihood estimate under censoring). The log knows no resolution, so every answered call counts
/// as resolved.
/// </remarks>
internal sealed class BankLog
{
    private const string Answered = "AGENT";
    private const string HungUp = "HANG";
    private const double Target = 20;
    // The log's priority 2 are customers of high value; 0 and 1 are told apart for billing alone.
    private const int HighPriority = 2;

    private static readonly string[] Columns = ["type", "priority", "date", "vru_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server"];
    private static readonly double[] LevelShares = [0, .03, .10, .20, .40];

    private sealed record Call(double At, string Type, bool High, bool WasAnswered, double Queued, double Handle, string Server, double Ended)
    {
        public Call Later(double seconds) => this with { At = At + seconds, Ended = Ended + seconds };
    }

    private readonly List<Call> _calls;

    private BankLog(DateOnly firstDay, List<Call> calls) => (FirstDay, _calls) = (firstDay, calls);

    /// <summary>The earliest date of the log.</summary>
    public DateOnly FirstDay { get; }

    /// <summary>The mean patience that the log implies, in seconds.</summary>
    public double MeanPatience => _calls.Sum(call => call.Queued) / Math.Max(1, _calls.Count(call => !call.WasAnswered));

    public double MeanHandle => _calls.Where(call => call.WasAnswered).Average(call => call.Handle);

    /// <summary>Arrivals in the log, in seconds from the midnight that begins its first day.</summary>
    public IEnumerable<double> Arrivals => _calls.Select(call => call.At);

    /// <param name="lines">In any order.</param>
    /// <exception cref="FormatException">A column is missing or a line cannot be read; the message says which. Or nobody was answered.</exception>
    public static BankLog Read(TextReader lines)
    {
        var header = (lines.ReadLine() ?? throw new FormatException("The call log is empty.")).Split('\t');
        var column = Columns.ToDictionary(name => name, name => Array.IndexOf(header, name), StringComparer.Ordinal);
        if (column.FirstOrDefault(found => found.Value < 0) is { Key: { } missing }) throw new FormatException($"The call log has no column {missing}.");
        var calls = new List<(DateOnly Date, Call Call)>();
        var first = DateOnly.MaxValue;
        for (var number = 2; lines.ReadLine() is { } line; number++)
        {
            var cells = line.Split('\t');
            if (cells.Length < header.Length) throw new FormatException($"Line {number} of the call log has {cells.Length} columns instead of {header.Length}.");
            string Cell(string name) => cells[column[name]];
            try
            {
                var date = DateOnly.ParseExact(Cell("date"), "yyMMdd", CultureInfo.InvariantCulture);
                if (date < first) first = date;
                var at = Clock(Cell("vru_exit"));
                var outcome = Cell("outcome");
                if (outcome is not (Answered or HungUp)) continue;
                // Answered by nobody is a fault of the log's recording.
                var served = outcome == Answered && Cell("server") != "NO_SERVER";
                if (outcome == Answered && !served) continue;
                // Who left at once left in the voice menu and never queued.
                if (!served && Number(Cell("q_time")) <= 0) continue;
                calls.Add((date, new Call(
                    at, Cell("type"), int.Parse(Cell("priority"), CultureInfo.InvariantCulture) == HighPriority, served, Number(Cell("q_time")),
                    Math.Max(1, Number(Cell("ser_time"))), Cell("server"), served ? Clock(Cell("ser_exit")) : at)));
            }
            catch (FormatException wrong)
            {
                throw new FormatException($"Line {number} of the call log: {wrong.Message}", wrong);
            }
        }

        if (!calls.Any(entry => entry.Call.WasAnswered)) throw new FormatException("The call log holds no answered call.");
        return new BankLog(first, [.. calls.Select(entry => entry.Call.Later((entry.Date.DayNumber - first.DayNumber) * 86400.0)).OrderBy(call => call.At)]);
    }

    public Scenario Scenario()
    {
        var experts = _calls.Where(call => call.WasAnswered).GroupBy(call => call.Server, StringComparer.Ordinal).OrderBy(calls => calls.Key, StringComparer.Ordinal)
            .Select(calls => new SimulatedExpert(calls.Key, Levels([.. calls]), LanguageLevels.Empty, Capacity.One, Days([.. calls]))).ToList();
        var served = experts.SelectMany(expert => expert.Skills).Select(skill => skill.Key).ToHashSet(StringComparer.Ordinal);
        var kinds = new Dictionary<(string, bool), ContactKind>();
        var calls = _calls.Where(call => served.Contains(call.Type)).ToList();
        foreach (var call in calls)
        {
            kinds.TryAdd((call.Type, call.High), new ContactKind(
                [new SkillRequirement(call.Type, 1, NeverDrop: true)], "", "voice", call.High ? CustomerTier.Vip : CustomerTier.Standard, Capacity.One, Target));
        }

        var handle = MeanHandle;
        var patience = MeanPatience;
        return new Scenario("bank", experts, calls[^1].At + 3600, 0, LevelCurves.None, null, seed => [.. calls.Select((call, index) => Drawn(call, index, seed))], null);

        Contact Drawn(Call call, int index, int seed)
        {
            var random = new PythonRandom((seed * 1_000_000_000L) + (index * 8L) + 1);
            var unknown = random.Exponential(1 / handle);
            return new Contact(
                index, 1, call.At, kinds[(call.Type, call.High)], call.WasAnswered ? call.Handle : unknown,
                call.WasAnswered ? call.Queued + random.Exponential(1 / patience) : call.Queued, 0, false, 0);
        }
    }

    private static SkillLevels Levels(List<Call> calls) => new(calls.GroupBy(call => call.Type, StringComparer.Ordinal)
        .Select(type => KeyValuePair.Create(type.Key, LevelShares.Count(share => (double)type.Count() / calls.Count >= share))));

    private static List<(double From, double To)> Days(List<Call> calls)
    {
        var shifts = new List<(double From, double To)>();
        foreach (var day in calls.GroupBy(call => Math.Floor(call.At / 86400)).OrderBy(day => day.Key))
        {
            // A call that ends after midnight keeps its expert there until it does.
            var from = Math.Max(day.Min(call => call.At), shifts.Count > 0 ? shifts[^1].To : 0);
            var to = day.Max(call => Math.Max(call.Ended, call.At + 1));
            if (to > from) shifts.Add((from, to));
        }

        return shifts;
    }

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);

    // The log counts hours past midnight on: 24:05:10.
    private static double Clock(string cell)
    {
        var parts = cell.Split(':');
        if (parts.Length != 3) throw new FormatException($"{cell} is no time of day.");
        return (Number(parts[0]) * 3600) + (Number(parts[1]) * 60) + Number(parts[2]);
    }
}
