using System.Globalization;
using NodaTime;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Features;

/// <summary>Reads the hours of a week from a request and says what is wrong with them.</summary>
internal static class HoursReader
{
    public const int MostEntries = 50;

    /// <param name="field">What the request calls them.</param>
    public static List<Shift> Read(IReadOnlyList<WorkingHours> given, string field, Check check)
    {
        check.That(given.Count <= MostEntries, field, $"at most {MostEntries} entries.");
        var shifts = new List<Shift>();
        foreach (var (hours, position) in given.Take(MostEntries).Select((hours, position) => (hours, position)))
        {
            var at = $"{field}[{position}]";
            var days = new HashSet<IsoDayOfWeek>();
            foreach (var day in hours.Days)
            {
                var known = Enum.TryParse<IsoDayOfWeek>(day, ignoreCase: true, out var named)
                    && named != IsoDayOfWeek.None && day.All(char.IsAsciiLetter);
                check.That(known, $"{at}.days", $"'{day}' is no day. Use monday to sunday.")
                    .That(!known || days.Add(named), $"{at}.days", $"'{day}' is given twice.");
            }

            check.That(hours.Days.Count > 0, $"{at}.days", "must name at least one day.");
            var from = ReadTime(hours.From, $"{at}.from", check);
            var to = ReadTime(hours.To, $"{at}.to", check);
            if (from is { } start && to is { } end)
            {
                var shift = new Shift(days, start, end);
                check.That(!shifts.Append(shift).OverlapsItself(), at, "overlaps other working hours. Join them, or correct the times.");
                shifts.Add(shift);
            }
        }

        return shifts;
    }

    private static LocalTime? ReadTime(string text, string field, Check check)
    {
        var parsed = Hours.TimePattern.Parse(text);
        check.That(parsed.Success, field, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no time. Use HH:MM, from 00:00 to 23:59."));
        return parsed.Success ? parsed.Value : null;
    }
}
