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

/// <summary>Replaces an expert's languages, capacity, ceilings, working hours and wrap-up time. Offers that no longer fit go on to others.</summary>
internal sealed class SetProfile(ExpertReader experts, RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard)
{
    private const int MostEntries = 50;
    private const int LongestWrapUp = 3600;
    private const int HighestCeiling = 1000;
    private const int LongestChannel = 64;

    public async Task<Outcome<ProtoExpert>> HandleAsync(SetProfileRequest request, CancellationToken cancellationToken)
    {
        var check = new Check().RequestId(request.RequestId)
            .That(request.Capacity is >= 0 and <= Capacity.Largest, "capacity", $"must be from 0 to {Capacity.Largest}.");
        var zone = WorkingSchedule.ZoneOf(request.TimeZone);
        check.That(zone is not null, "timeZone", $"'{request.TimeZone}' is no IANA time zone such as Europe/Paris.");
        CheckLanguages(request, check);
        var shifts = HoursReader.Read(request.WorkingHours, "workingHours", check);
        check.That(request.WrapUpSeconds is >= 0 and <= LongestWrapUp, "wrapUpSeconds", $"must be from 0 to {LongestWrapUp}.")
            .That(request.ChannelCeilings.Count <= MostEntries, "channelCeilings", $"at most {MostEntries} channels.");
        foreach (var (channel, ceiling) in request.ChannelCeilings)
        {
            check.That(channel.Length is > 0 and <= LongestChannel && ceiling is >= 0 and <= HighestCeiling, "channelCeilings",
                $"'{channel}': {ceiling} must be from 0 to {HighestCeiling}.");
        }

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
                WrapUp = TimeSpan.FromSeconds(request.WrapUpSeconds),
                ChannelCeilings = new SortedDictionary<string, int>(request.ChannelCeilings, StringComparer.Ordinal),
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
}
