using System.Globalization;
using NodaTime;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;
using ProtoExpert = Relais.Contracts.Routing.V1.Expert;

namespace Relais.Routing.Features;

/// <summary>Replaces an expert's languages, capacity and working hours. Offers that no longer fit go on to others.</summary>
internal sealed class SetProfile(ExpertReader experts, RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard)
{
    private const int MostEntries = 50;

    public async Task<Outcome<ProtoExpert>> HandleAsync(SetProfileRequest request, CancellationToken cancellationToken)
    {
        var check = new Check().RequestId(request.RequestId)
            .That(request.Capacity is >= 0 and <= Capacity.Largest, "capacity", $"must be from 0 to {Capacity.Largest}.");
        var zone = WorkingSchedule.ZoneOf(request.TimeZone);
        check.That(zone is not null, "timeZone", $"'{request.TimeZone}' is no IANA time zone such as Europe/Paris.");
        CheckLanguages(request, check);
        var shifts = ReadShifts(request, check);
        if (check.Failure is { } invalid)
            return invalid;
        var id = experts.OwnOrManaged(request.Id, "id");
        if (id.Failure is { } notAllowed)
            return notAllowed;
        if (await experts.MissingAsync(id.Value, cancellationToken) is { } missing)
            return missing;
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoExpert>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (engine.FindExpert(id.Value) is not { Profile: { Active: true } profile })
                return experts.Unknown(id.Value);
            await turn.ApplyAsync(new Input.ProfileSet(turn.Now, profile with
            {
                Languages = new LanguageLevels(request.Languages.Select(language => KeyValuePair.Create(language.Language, language.Level))),
                Capacity = Capacity.Of(request.Capacity),
                Schedule = new WorkingSchedule(zone!, shifts),
            }), ct);
            return await ExpertView.OfAsync(db, id.Value, ct);
        }, cancellationToken), cancellationToken);
    }

    private static void CheckLanguages(SetProfileRequest request, Check check)
    {
        check.That(request.Languages.Count <= MostEntries, "languages", $"at most {MostEntries} languages.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (language, position) in request.Languages.Select((language, position) => (language, position)))
        {
            var field = $"languages[{position}]";
            check.Locale(language.Language, $"{field}.language")
                .That(Level.IsValid(language.Level), $"{field}.level", $"must be from {Level.None} to {Level.Master}; it is {language.Level}.")
                .That(seen.Add(language.Language), $"{field}.language", $"'{language.Language}' is given twice.");
        }
    }

    private static List<Shift> ReadShifts(SetProfileRequest request, Check check)
    {
        check.That(request.WorkingHours.Count <= MostEntries, "workingHours", $"at most {MostEntries} entries.");
        var shifts = new List<Shift>();
        foreach (var (hours, position) in request.WorkingHours.Select((hours, position) => (hours, position)))
        {
            var field = $"workingHours[{position}]";
            var days = new HashSet<IsoDayOfWeek>();
            foreach (var day in hours.Days)
            {
                var known = Enum.TryParse<IsoDayOfWeek>(day, ignoreCase: true, out var named)
                    && named != IsoDayOfWeek.None && day.All(char.IsAsciiLetter);
                check.That(known, $"{field}.days", $"'{day}' is no day. Use monday to sunday.")
                    .That(!known || days.Add(named), $"{field}.days", $"'{day}' is given twice.");
            }

            check.That(hours.Days.Count > 0, $"{field}.days", "must name at least one day.");
            var from = ReadTime(hours.From, $"{field}.from", check);
            var to = ReadTime(hours.To, $"{field}.to", check);
            if (from is { } start && to is { } end)
            {
                var shift = new Shift(days, start, end);
                check.That(!shifts.Append(shift).OverlapsItself(), field, "overlaps other working hours. Join them, or correct the times.");
                shifts.Add(shift);
            }
        }

        return shifts;
    }

    private static LocalTime? ReadTime(string text, string field, Check check)
    {
        var parsed = ExpertRow.TimePattern.Parse(text);
        check.That(parsed.Success, field, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no time. Use HH:MM, from 00:00 to 23:59."));
        return parsed.Success ? parsed.Value : null;
    }
}
