using Google.Protobuf.WellKnownTypes;
using NodaTime;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Features.Policies;
using Relais.Routing.Simulation;
using PolicyDefinition = Relais.Routing.Domain.Policies.PolicyDefinition;

namespace Relais.Routing.Features.Supervision;

/// <summary>
/// How many experts the hours ahead need: what came at such hours of the week before, turned into people by Erlang A with
/// the handling time and the patience that were measured, next to who is planned.
/// </summary>
internal sealed class GetForecast(RoutingOptions options, PolicyReader policies, HistoryReader history, TimeProvider clock)
{
    private const int UsualHours = 24;
    private const int MostHours = 7 * 24;
    private const int UsualWeeks = 8;
    private const int MostWeeks = 12;
    private const int DaysPerWeek = 7;
    private const double UsualShare = .8;
    private const double LeastShare = .01;
    private const double LargestShare = .999;

    // An hour is looked at by itself, so that what may take longer is to be taken within it all the same.
    private const int LongestTarget = 3600;

    // The newest, for handling times and patience; what came is counted to the end.
    private const int MostMatters = 20_000;
    private const int QuartersPerHour = 4;

    public async Task<Outcome<Forecast>> HandleAsync(GetForecastRequest request, CancellationToken cancellationToken)
    {
        if (new Check().That(request.Hours is >= 0 and <= MostHours, "hours", $"must be from 1 to {MostHours}.")
            .That(request.Weeks is >= 0 and <= MostWeeks, "weeks", $"must be from 1 to {MostWeeks}.")
            .That(request.Share is 0 or (>= LeastShare and <= LargestShare), "share", FormattableString.Invariant($"must be from {LeastShare} to {LargestShare}."))
            .That(request.WithinSeconds is >= 0 and <= LongestTarget, "withinSeconds", $"must be from 1 to {LongestTarget}.").Failure is { } invalid)
            return invalid;
        var book = await policies.BookAsync(cancellationToken);
        if (request.Group.Length > 0 && !book.Groups.Contains(request.Group, StringComparer.Ordinal))
            return Failure.NotFound("queue.not_found", $"There is no routing group '{request.Group}'. Known: {string.Join(", ", book.Groups)}.");
        var (now, days) = (clock.GetUtcNow(), DaysPerWeek * (request.Weeks == 0 ? UsualWeeks : request.Weeks));
        var known = await history.BeginsAsync(cancellationToken) ?? now;
        // Of what is older, only what is still open is left.
        if (known < now - options.WorkKept)
            known = now - options.WorkKept;
        var demands = book.Groups.Where(group => request.Group.Length == 0 || group == request.Group)
            .ToDictionary(group => group, group => DemandOf(ZoneOf(group, book), now, days, known), StringComparer.Ordinal);
        await foreach (var (channel, at) in history.ArrivalsAsync(demands.Values.Min(demand => demand.From), cancellationToken))
        {
            if (demands.TryGetValue(book.GroupOf(channel), out var demand))
                demand.Add(at);
        }

        var matters = (await history.ReadAsync(book, now.AddDays(-days), MostMatters, cancellationToken)).ToLookup(matter => book.GroupOf(matter.Asked.Channel), StringComparer.Ordinal);
        var experts = await policies.ExpertsAsync(book, cancellationToken);
        var forecast = new Forecast();
        foreach (var (group, demand) in demands)
            forecast.Groups.Add(Of(group, demand, [.. matters[group]], Able([.. matters[group]], experts, book, now), book, request, now, cancellationToken));
        return forecast;
    }

    private static WeeklyDemand DemandOf(DateTimeZone zone, DateTimeOffset now, int days, DateTimeOffset known)
    {
        var to = WeeklyDemand.HourOf(now, zone);
        var from = to.AddDays(-days);
        // Before the first matter there was no history, rather than one in which nothing came.
        if (known > from)
            from = WeeklyDemand.HourOf(known, zone).AddHours(1);
        return new WeeklyDemand(zone, from < to ? from : to, to);
    }

    private static Forecast.Types.Outlook Of(
        string group, WeeklyDemand demand, List<PastMatter> matters, List<ExpertProfile> experts, RoutingBook book, GetForecastRequest request,
        DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answer = new Forecast.Types.Outlook
        {
            Group = group, TimeZone = demand.Zone.Id, HistoryFrom = demand.From.ToTimestamp(), HistoryTo = demand.To.ToTimestamp(),
            Weight = matters.Count == 0 ? 1 : matters.Average(matter => book.WeightOf(matter.Asked.Channel).Whole),
            Share = request.Share == 0 ? UsualShare : request.Share, WithinSeconds = request.WithinSeconds == 0 ? UsualTarget(matters, book) : request.WithinSeconds,
        };
        if (matters.Where(matter => matter.Measured is not null).Select(matter => matter.Measured!.Value.TotalSeconds).ToList() is { Count: > 0 } measured)
            answer.HandleSeconds = measured.Average();
        var patience = StaffingForecast.MeanPatience(
            matters.Where(matter => matter.Waited is not null).Select(matter => (matter.Waited!.Value.TotalSeconds, matter.GivesUpAfter is not null)));
        if (double.IsFinite(patience))
            answer.PatienceSeconds = patience;
        var begins = demand.To.AddHours(1);
        for (var hour = 0; hour < (request.Hours == 0 ? UsualHours : request.Hours); hour++, begins = begins.AddHours(1))
        {
            cancellationToken.ThrowIfCancellationRequested();
            answer.Hours.Add(Of(begins, demand, answer, patience, experts, IsClosed(group, begins, book)));
        }

        answer.Warnings.AddRange(Warnings(answer, demand, experts));
        return answer;
    }

    private static Forecast.Types.Hour Of(
        DateTimeOffset begins, WeeklyDemand demand, Forecast.Types.Outlook group, double patience, List<ExpertProfile> experts, bool closed)
    {
        var (samples, contacts) = demand.At(begins);
        var hour = new Forecast.Types.Hour { BeginsAt = begins.ToTimestamp(), Closed = closed, Samples = samples, ExpertsPlanned = Planned(experts, begins) };
        if (contacts is { } expected)
            hour.Contacts = expected;
        if (closed || contacts is null || !group.HasHandleSeconds)
            return hour;
        if (contacts == 0)
        {
            hour.ExpertsNeeded = 0;
            return hour;
        }

        var needed = StaffingForecast.Of(0, contacts.Value, group.HandleSeconds, patience, group.Share, group.WithinSeconds);
        hour.ExpertsNeeded = (int)Math.Ceiling((needed.Agents * group.Weight) - 1e-9);
        (hour.InTime, hour.Abandoned) = (needed.Expected.InTime, needed.Expected.Abandons);
        return hour;
    }

    private static IEnumerable<string> Warnings(Forecast.Types.Outlook group, WeeklyDemand demand, List<ExpertProfile> experts)
    {
        var hours = (int)(demand.To - demand.From).TotalHours;
        if (hours < DaysPerWeek * 24)
            yield return $"The history has {hours} hours, less than a week: of hours of the week that it does not have nothing is expected.";
        else if (hours < 2 * DaysPerWeek * 24)
            yield return $"The history has {hours} hours, less than two weeks: what is expected rests on a single week in part.";
        if (!group.HasHandleSeconds)
            yield return "No matter of the group was settled in the period by somebody who had it, so that nobody can say how many experts are needed.";
        if (experts.Count(expert => expert.Schedule.Shifts.Count == 0) is > 0 and var unplanned)
            yield return $"Experts who could take these matters but have no working hours, and are not counted as planned: {unplanned}.";
        if (group.Hours.Any(hour => hour.Closed && hour.Contacts > 0))
            yield return "Matters are expected in closed hours: they wait, and add to what the next open hour needs.";
    }

    private static int UsualTarget(List<PastMatter> matters, RoutingBook book)
    {
        var targets = matters.Select(matter => (matter.Under(book).TargetAt - matter.Asked.QueuedSince).TotalSeconds).Order().ToList();
        return targets.Count == 0 ? LongestTarget : (int)Math.Clamp(targets[targets.Count / 2], 1, LongestTarget);
    }

    // Those who may have at least one of the matters that came; all, where none came.
    private static List<ExpertProfile> Able(List<PastMatter> matters, IReadOnlyList<ExpertProfile> experts, RoutingBook book, DateTimeOffset now)
    {
        var eligibility = new Eligibility(book.Policy);
        var kinds = matters.Select(matter => matter.Asked)
            .DistinctBy(asked => (asked.Channel, asked.Language, string.Join('|', asked.Skills.Select(skill => $"{skill.Skill}:{skill.MinimumLevel}"))))
            .Select(asked => new WorkItem(book.Compose(asked), now, now)).ToList();
        return [.. experts.Where(profile => kinds.Count == 0 || new Domain.Expert(profile, Presence.Available, now) is var expert && kinds.Exists(kind => !eligibility.FallsShort(kind, expert)))];
    }

    private static double Planned(List<ExpertProfile> experts, DateTimeOffset begins) =>
        experts.Where(expert => expert.Schedule.Shifts.Count > 0).Sum(expert => expert.Capacity.Whole
            * Quarters(begins).Count(expert.Schedule.Covers) / QuartersPerHour);

    // An hour of which a part is open is open: what comes before it opens is taken in it.
    private static bool IsClosed(string group, DateTimeOffset begins, RoutingBook book) =>
        DefinitionOf(group, book) is { ClosedHours: ClosedHours.Wait } definition && !Quarters(begins).Any(definition.Schedule.Covers);

    private static IEnumerable<DateTimeOffset> Quarters(DateTimeOffset begins) =>
        Enumerable.Range(0, QuartersPerHour).Select(quarter => begins.AddHours((double)quarter / QuartersPerHour));

    private DateTimeZone ZoneOf(string group, RoutingBook book) =>
        WorkingSchedule.ZoneOf(DefinitionOf(group, book)?.TimeZone ?? "") ?? WorkingSchedule.ZoneOf(options.DefaultTimeZone)!;

    private static PolicyDefinition? DefinitionOf(string group, RoutingBook book) => book.Policies.FirstOrDefault(policy => policy.Group == group)?.Definition;
}
