using System.Globalization;
using System.Text.Json.Nodes;
using Relais.Routing.Simulation;

namespace Relais.Benchmarks.Routing;

/// <summary>How many experts the hours of a day need, by Erlang A.</summary>
internal static class ForecastCommand
{
    private const double SecondsPerDay = 86_400;

    public static int Run(CommandLine options)
    {
        var share = options.Number("share", .8, .01, .999);
        var target = options.Number("within", 20, 0, 86_400);
        var json = options.Has("json");
        IReadOnlyList<ForecastHour> hours;
        double handle, patience;
        if (options.Has("calls"))
        {
            var days = options.Text("days", "workdays");
            if (days is not ("workdays" or "weekend")) throw new CommandLineException($"--days is workdays or weekend, not {days}.");
            options.RefuseOthers();
            using var reader = SimulateCommand.Open(options.Text("calls"));
            var log = BankLog.Read(reader);
            (handle, patience) = (log.MeanHandle, log.MeanPatience);
            bool IsAsked(int day) => IsWorkday(log.FirstDay.AddDays(day)) == (days == "workdays");
            if (!log.Arrivals.Any(at => IsAsked((int)(at / SecondsPerDay)))) throw new FormatException($"The call log holds no call for --days {days}.");
            hours = StaffingForecast.Hours(log.Arrivals, IsAsked, handle, patience, share, target);
        }
        else
        {
            handle = options.Number("handle", 300, .1, 1e6);
            patience = options.Number("patience", double.PositiveInfinity, .1, double.PositiveInfinity);
            var perHour = options.Text("per-hour").Split(',').Select(text =>
                double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var count) && count >= 0 && count <= 1e6
                    ? count : throw new CommandLineException($"--per-hour is a list of numbers of contacts, not {text}.")).ToList();
            options.RefuseOthers();
            hours = [.. perHour.Select((count, hour) => (count, hour)).Where(entry => entry.count > 0).Select(entry =>
                StaffingForecast.Of(entry.hour, entry.count, handle, patience, share, target))];
        }

        if (json) Console.WriteLine(Json(hours, handle, patience, share, target).ToJsonString());
        else Print(hours, handle, patience, share, target);
        return 0;
    }

    // The bank's weekend.
    private static bool IsWorkday(DateOnly day) => day.DayOfWeek is not (DayOfWeek.Friday or DayOfWeek.Saturday);

    private static JsonObject Json(IReadOnlyList<ForecastHour> hours, double handle, double patience, double share, double target) => new()
    {
        ["handleSeconds"] = Math.Round(handle, 3),
        ["patienceSeconds"] = double.IsFinite(patience) ? Math.Round(patience, 3) : null,
        ["share"] = share,
        ["withinSeconds"] = target,
        ["hours"] = new JsonArray([.. hours.Select(hour => (JsonNode)new JsonObject
        {
            ["hour"] = hour.Hour,
            ["contacts"] = Math.Round(hour.Contacts, 3),
            ["agents"] = hour.Agents,
            ["inTime"] = Math.Round(100 * hour.Expected.InTime, 3),
            ["abandoned"] = Math.Round(100 * hour.Expected.Abandons, 3),
            ["waitMean"] = Math.Round(hour.Expected.MeanWait, 3),
            ["occupancy"] = Math.Round(100 * hour.Expected.Occupancy, 3),
        })]),
    };

    private static void Print(IReadOnlyList<ForecastHour> hours, double handle, double patience, double share, double target)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"# Erlang A: handle time {handle:0} s, patience {(double.IsFinite(patience) ? $"{patience:0} s" : "without end")}, goal {100 * share:0}% within {target:0} s"));
        Console.WriteLine($"{"hour",4}{"contacts",10}{"agents",8}{"in time %",11}{"abandoned %",13}{"wait s",8}{"occupancy %",13}");
        foreach (var hour in hours)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{hour.Hour,4}{hour.Contacts,10:0.0}{hour.Agents,8}{100 * hour.Expected.InTime,11:0.0}{100 * hour.Expected.Abandons,13:0.0}{hour.Expected.MeanWait,8:0.0}{100 * hour.Expected.Occupancy,13:0.0}"));
        }
    }
}
