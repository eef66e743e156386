using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Features.Skills;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;
using Priority = Relais.Routing.Domain.Priority;

namespace Relais.Routing.Features.Supervision;

/// <summary>
/// What routing would decide about a matter or an expert that there is not: asked of an engine of its own, made for the
/// question from what the database holds, so that nothing is touched.
/// </summary>
internal sealed class GetWhatIf(RoutingDb db, ShardTable table, TimeProvider clock)
{
    private const int MostSkills = 50;
    private const int MostTeams = 50;
    private const int LongestChannel = 64;
    private const int LongestSeconds = 90 * 24 * 3600;
    private const int UsualDueSeconds = 3600;
    private const string Locale = "en";

    public async Task<Outcome<WhatIf>> HandleAsync(GetWhatIfRequest request, CancellationToken cancellationToken)
    {
        var check = new Check().That(request.Item is null != request.Expert is null, "item", "ask about an item or about an expert, one of the two.");
        if (request.Item is { } item)
            CheckItem(item, check);
        if (request.Expert is { } expert)
            CheckExpert(expert, check);
        if (check.Failure is { } invalid)
            return invalid;
        var now = clock.GetUtcNow();
        var engine = await ShardReader.CopyAsync(db, table, now, cancellationToken);
        var book = engine.Policy.Book;
        return request.Item is { } asked ? About(asked, book, engine, now) : About(request.Expert!, book, engine, now);
    }

    private static void CheckItem(GetWhatIfRequest.Types.HypotheticalItem item, Check check)
    {
        check.Text(item.Channel, "item.channel", LongestChannel).Locale(item.Language, "item.language", required: false)
            .That(item.Priority.Length == 0 || PriorityOf(item.Priority) is not null, "item.priority", "must be LOW, NORMAL, HIGH or URGENT.")
            .That(item.Tier.Length == 0 || TierOf(item.Tier) is not null, "item.tier", "must be STANDARD, GOLD or VIP.")
            .That(item.Skills.Count <= MostSkills, "item.skills", $"at most {MostSkills}.")
            .That(item.WaitedSeconds is >= 0 and <= LongestSeconds, "item.waitedSeconds", $"must be from 0 to {LongestSeconds}.")
            .That(item.DueSeconds is >= 0 and <= LongestSeconds, "item.dueSeconds", $"must be from 0 to {LongestSeconds}.");
        foreach (var (skill, position) in item.Skills.Select((skill, position) => (skill, position)))
        {
            check.Skill(skill.Skill, $"item.skills[{position}].skill")
                .That(skill.MinimumLevel is >= 1 and <= Level.Master, $"item.skills[{position}].minimumLevel", $"must be from 1 to {Level.Master}; it is {skill.MinimumLevel}.");
        }
    }

    private static void CheckExpert(GetWhatIfRequest.Types.HypotheticalExpert expert, Check check)
    {
        if (expert.Id.Length > 0)
            check.Id(expert.Id, "expert.id");
        check.That(expert.Capacity is >= 0 and <= Capacity.Largest, "expert.capacity", $"must be from 0 to {Capacity.Largest}.")
            .That(expert.Skills.Count <= MostSkills, "expert.skills", $"at most {MostSkills}.")
            .That(expert.Languages.Count <= MostSkills, "expert.languages", $"at most {MostSkills}.")
            .That(expert.TeamIds.Count <= MostTeams, "expert.teamIds", $"at most {MostTeams}.");
        foreach (var (position, team) in expert.TeamIds.Index())
            check.Id(team, $"expert.teamIds[{position}]");
        foreach (var (skill, position) in expert.Skills.Select((skill, position) => (skill, position)))
        {
            check.Skill(skill.Skill, $"expert.skills[{position}].skill")
                .That(Level.IsValid(skill.Level), $"expert.skills[{position}].level", $"must be from {Level.None} to {Level.Master}; it is {skill.Level}.");
        }

        foreach (var (language, position) in expert.Languages.Select((language, position) => (language, position)))
        {
            check.Locale(language.Language, $"expert.languages[{position}].language")
                .That(Level.IsValid(language.Level), $"expert.languages[{position}].level", $"must be from {Level.None} to {Level.Master}; it is {language.Level}.");
        }
    }

    private static Priority? PriorityOf(string word) =>
        word.All(char.IsAsciiLetterUpper) && Enum.TryParse<Priority>(word, ignoreCase: true, out var priority) ? priority : null;

    private static CustomerTier? TierOf(string word) =>
        word.All(char.IsAsciiLetterUpper) && Enum.TryParse<CustomerTier>(word, ignoreCase: true, out var tier) ? tier : null;

    private static Outcome<WhatIf> About(GetWhatIfRequest.Types.HypotheticalItem item, RoutingBook book, MatchingEngine engine, DateTimeOffset now)
    {
        var (id, since) = (Guid.CreateVersion7(now), now.AddSeconds(-item.WaitedSeconds));
        var skills = item.Skills.DistinctBy(skill => skill.Skill, StringComparer.OrdinalIgnoreCase)
            .Select((skill, position) => new SkillRequirement(skill.Skill, skill.MinimumLevel, NeverDrop: position == 0));
        var request = book.Compose(new WorkRequest(
            id, "", "", item.Channel, item.Language, PriorityOf(item.Priority) ?? Priority.Normal, book.WeightOf(item.Channel), [.. skills], since)
        {
            Tier = TierOf(item.Tier) ?? CustomerTier.Standard,
        });
        var due = since.AddSeconds(item.DueSeconds == 0 ? UsualDueSeconds : item.DueSeconds);
        return new WhatIf { Decision = DecisionView.Of(engine.WhatIf(new WorkItem(request, due, since)), Locale) };
    }

    private static Outcome<WhatIf> About(GetWhatIfRequest.Types.HypotheticalExpert expert, RoutingBook book, MatchingEngine engine, DateTimeOffset now)
    {
        var known = expert.Id.Length > 0 ? engine.FindExpert(Guid.Parse(expert.Id)) : null;
        if (expert.Id.Length > 0 && known is null)
            return Failure.NotFound("expert.not_found", $"There is no expert {expert.Id}. GET /v1/experts lists them.");
        var teams = expert.TeamIds.Select(Guid.Parse).ToList();
        if (teams.Find(id => book.Teams.All(team => team.Id != id)) is var stranger && stranger != Guid.Empty)
            return Failure.NotFound("team.not_found", $"There is no team {stranger}. GET /v1/teams lists them.");
        var profile = known?.Profile ?? new ExpertProfile(
            Guid.CreateVersion7(now), "", "", "", SkillLevels.Empty, LanguageLevels.Empty, Capacity.One, WorkingSchedule.Always);
        var given = expert.Skills.Select(skill => new GivenSkill(skill.Skill, skill.Level)).ToList();
        profile = book.WithMember(profile.Id, teams).Qualify(profile with
        {
            Active = true,
            Given = [.. profile.Given.Where(skill => !given.Exists(other => book.Catalogue.AreSame(other.Skill, skill.Skill))), .. given],
            Languages = expert.Languages.Count == 0 ? profile.Languages : new LanguageLevels(expert.Languages.Select(language => KeyValuePair.Create(language.Language, language.Level))),
            Capacity = expert.Capacity > 0 ? Capacity.Of(expert.Capacity) : profile.Capacity,
        }, now);
        var answer = new WhatIf();
        var outlook = engine.WhatIf(profile);
        answer.Given.AddRange(outlook.Takes.Select(id => engine.FindItem(id)!.Request).Select(taken => new WhatIf.Types.Given
        {
            TicketId = taken.Id.ToString(),
            TicketNumber = taken.Number,
            AgeSeconds = (int)Math.Max(0, (now - taken.QueuedSince).TotalSeconds),
        }));
        answer.CouldTake = outlook.Suitable;
        return answer;
    }
}
