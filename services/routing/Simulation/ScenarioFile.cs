using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Simulation;

/// <summary>Scenarios as JSON; the format is told in docs/routing-scenarios.md.</summary>
internal static class ScenarioFile
{
    private const double Day = 24 * 3600;
    private const double Longest = 366 * Day;
    private const double MostWaiting = 1e9;
    private const double UsualAway = 300;

    // Who declined at once and is asked again would otherwise be asked for ever.
    private const double MostDeclined = .9;

    private sealed record Channel(string Name, double Share, Capacity Weight, RandomTime Handle, RandomTime? Patience, IReadOnlyDictionary<CustomerTier, double> Targets);

    private sealed record Class(string Name, double Share, IReadOnlyList<SkillRequirement> Skills, string Language, string? Channel);

    private sealed record Listed(double At, ContactKind Kind, double? Handle, double? Patience);

    /// <summary>Reads a scenario, or tells everything that is wrong with it, one sentence a problem.</summary>
    public static (Scenario? Scenario, IReadOnlyList<string> Problems) Read(string json, PolicyJson policyJson)
    {
        var problems = new List<string>();
        if (Parse(json, "A scenario", problems) is not { } root) return (null, problems);
        var scenario = Read(new ScenarioFields(root, "", problems), policyJson, problems);
        return (problems.Count == 0 ? scenario : null, problems);
    }

    /// <summary>An object that somebody wrote, with comments and trailing commas as they like; null when it is none.</summary>
    public static JsonObject? Parse(string json, string what, List<string> problems)
    {
        try
        {
            var node = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            if (node is JsonObject found) return found;
            problems.Add($"{what} is an object {{…}}.");
        }
        catch (JsonException wrong)
        {
            // A file that is not JSON is an expected mistake of whoever wrote it.
            problems.Add($"This is not JSON: {wrong.Message}");
        }

        return null;
    }

    private static Scenario? Read(ScenarioFields root, PolicyJson policyJson, List<string> problems)
    {
        var name = root.Text("name");
        var end = root.Number("endSeconds", 1, Longest);
        var warmUp = root.Number("warmUpSeconds", 0, Longest, 0);
        if (warmUp >= end) root.Problem("warmUpSeconds", "is less than endSeconds");
        int? places = root.Has("waitingPlaces") ? root.Whole("waitingPlaces", 0, int.MaxValue) : null;
        var experts = root.Objects("experts").SelectMany(ReadExperts).ToList();
        if (experts.Count == 0) root.Problem("experts", "names at least one expert");
        var levels = root.Object("levels");
        var curves = new LevelCurves(
            levels.Numbers("handleTime", .01, 100, Level.Master + 1, LevelCurves.None.HandleTime),
            levels.Numbers("resolution", 0, 1, Level.Master + 1, LevelCurves.None.Resolution));
        levels.RefuseOthers();
        var tiers = root.Object("tiers");
        var tierShares = ReadTiers(tiers);
        var channelFields = root.Object("channels");
        var channels = channelFields.Names.Select(channel => ReadChannel(channel, channelFields.Object(channel), tierShares.Keys)).ToList();
        if (channels.Count == 0) root.Problem("channels", "names at least one channel");
        var classes = root.Objects("classes").Select((fields, index) => ReadClass(fields, index, channels, experts)).ToList();
        if (classes.Count == 0) root.Problem("classes", "names at least one class");
        foreach (var twice in classes.GroupBy(asked => asked.Name, StringComparer.Ordinal).Where(named => named.Count() > 1)) root.Problem("classes", $"{twice.Key} is the name of more than one class");
        if (classes.Count > 0 && classes.Sum(asked => asked.Share) <= 0) root.Problem("classes", "have no share above 0");
        if (channels.Count > 0 && channels.Sum(channel => channel.Share) <= 0) root.Problem("channels", "have no share above 0");
        if (tierShares.Values.Sum() <= 0) root.Problem("tiers", "have no share above 0");
        var again = root.Object("returns");
        var (returnShare, returnAfter, attempts) = (again.Number("share", 0, 1, 0), again.Number("afterMeanSeconds", 1, Longest, 1800), again.Whole("attempts", 1, 100, 3));
        again.RefuseOthers();
        var arrivals = root.Object("arrivals");
        if (!root.Has("arrivals")) root.Problem("arrivals", "is missing");
        var perHour = arrivals.Numbers("perHour", 0, 1e7, null, []);
        var kinds = new Kinds(channels, classes);
        var list = arrivals.Objects("list").Select(fields => ReadListed(fields, kinds)).OfType<Listed>().OrderBy(listed => listed.At).ToList();
        if (perHour.Count == 0 == (list.Count == 0)) arrivals.Problem("perHour", "stands alone, or list does: exactly one of them, not empty");
        arrivals.RefuseOthers();
        var policies = ReadPolicies(root.Object("policies"), experts, policyJson, problems);
        root.RefuseOthers();
        if (problems.Count > 0) return null;

        var traffic = new Traffic(channels, classes, kinds, tierShares, perHour, list, end, returnShare, returnAfter, attempts);
        return new Scenario(name, experts, end, warmUp, curves, places, traffic.Contacts, returnShare > 0 ? traffic.Again : null) { Policies = policies };
    }

    private static Dictionary<string, PolicyDefinition> ReadPolicies(ScenarioFields fields, List<SimulatedExpert> experts, PolicyJson policyJson, List<string> problems)
    {
        var policies = new Dictionary<string, PolicyDefinition>(StringComparer.Ordinal);
        foreach (var name in fields.Names)
        {
            if (name.Length == 0 || name.Contains(',', StringComparison.Ordinal)) fields.Problem(name, "is a name without commas");
            else if (MatchingRules.Named(name) is not null) fields.Problem(name, "is the name of a rule; the policy needs one of its own");
            else if (fields.Node(name) is not { } node) fields.Problem(name, "is an object {…}");
            else if (ScenarioPolicy.Read(node, fields.PlaceOf(name), experts, policyJson, problems) is { } policy) policies.Add(name, policy);
        }

        return policies;
    }

    private static IEnumerable<SimulatedExpert> ReadExperts(ScenarioFields fields)
    {
        var name = fields.Text("name", "Expert");
        var count = fields.Whole("count", 1, 100_000, 1);
        var skills = new SkillLevels(ReadLevels(fields.Object("skills")));
        var languages = new LanguageLevels(ReadLevels(fields.Object("languages")));
        var capacity = Capacity.Of(fields.Number("capacity", 0, Capacity.Largest, 1));
        var shifts = new List<(double From, double To)>();
        foreach (var shift in fields.Objects("shifts"))
        {
            var (from, to) = (shift.Number("from", 0, Longest), shift.Number("to", 0, Longest));
            if (to <= from) shift.Problem("to", "is later than from");
            if (shifts.Count > 0 && from < shifts[^1].To) shift.Problem("from", "is not before the end of the shift that precedes it");
            shifts.Add((from, to));
            shift.RefuseOthers();
        }

        var answer = fields.Has("answer") ? ReadAnswer(fields.Object("answer")) : null;
        fields.RefuseOthers();
        return Enumerable.Range(1, count).Select(number => new SimulatedExpert(count == 1 ? name : $"{name} {number}", skills, languages, capacity, shifts) { Answer = answer });
    }

    private static AnswerHabit ReadAnswer(ScenarioFields fields)
    {
        var habit = new AnswerHabit(
            fields.Has("time") ? ReadTime(fields.Object("time"), 1) : null, fields.Number("decline", 0, MostDeclined, 0), fields.Number("miss", 0, 1, 0),
            fields.Number("awaySeconds", 1, Longest, UsualAway));
        if (habit.Decline + habit.Miss > 1) fields.Problem("miss", "is at most what decline leaves of 1");
        fields.RefuseOthers();
        return habit;
    }

    private static Dictionary<string, int> ReadLevels(ScenarioFields fields)
    {
        var levels = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in fields.Names)
        {
            var level = fields.Whole(name, Level.None, Level.Master);
            if (string.IsNullOrWhiteSpace(name)) fields.Problem(name, "has no name");
            else if (!levels.TryAdd(name, level)) fields.Problem(name, "is given twice");
        }

        return levels;
    }

    private static Dictionary<CustomerTier, double> ReadTiers(ScenarioFields fields)
    {
        var shares = new Dictionary<CustomerTier, double>();
        foreach (var name in fields.Names)
        {
            if (TierOf(name) is { } tier) shares[tier] = fields.Number(name, 0, 1e9);
            else fields.Problem(name, "is none of VIP, GOLD, STANDARD");
        }

        return shares.Count > 0 ? shares : new Dictionary<CustomerTier, double> { [CustomerTier.Standard] = 1 };
    }

    private static CustomerTier? TierOf(string name) => name.ToUpperInvariant() switch
    {
        "VIP" => CustomerTier.Vip,
        "GOLD" => CustomerTier.Gold,
        "STANDARD" => CustomerTier.Standard,
        _ => null,
    };

    private static Channel ReadChannel(string name, ScenarioFields fields, IEnumerable<CustomerTier> tiers)
    {
        var targets = new Dictionary<CustomerTier, double>();
        var given = fields.Object("targetSeconds");
        foreach (var tier in tiers) targets[tier] = given.Number(tier.ToString().ToUpperInvariant(), 0, Longest);
        foreach (var other in given.Names.Where(other => TierOf(other) is null)) given.Problem(other, "is none of VIP, GOLD, STANDARD");
        var channel = new Channel(
            name, fields.Number("share", 0, 1e9, 1), Capacity.Of(fields.Number("weight", .01, Capacity.Largest, 1)),
            ReadTime(fields.Object("handle"), 1), fields.Has("patience") ? ReadTime(fields.Object("patience"), null) : null, targets);
        fields.RefuseOthers();
        return channel;
    }

    private static RandomTime ReadTime(ScenarioFields fields, double? variation)
    {
        var mean = fields.Number("meanSeconds", .001, MostWaiting);
        var exponential = variation is null && !fields.Has("cv") || fields.Text("distribution", "lognormal") == "exponential";
        var draw = new RandomTime(mean, fields.Number("cv", 0, 10, .8), exponential);
        if (fields.Text("distribution", "lognormal") is not ("lognormal" or "exponential")) fields.Problem("distribution", "is lognormal or exponential");
        fields.RefuseOthers();
        return draw;
    }

    private static Class ReadClass(ScenarioFields fields, int index, List<Channel> channels, List<SimulatedExpert> experts)
    {
        var skills = new List<SkillRequirement>();
        foreach (var skill in fields.Objects("skills"))
        {
            var required = new SkillRequirement(skill.Text("skill"), skill.Whole("minimumLevel", 1, Level.Master, 1), skills.Count == 0);
            if (required.Skill.Length > 0 && !experts.Any(expert => expert.Skills[required.Skill] > 0)) skill.Problem("skill", $"{required.Skill} is a skill that no expert has");
            skills.Add(required);
            skill.RefuseOthers();
        }

        var read = new Class(
            fields.Text("name", $"class {index}"), fields.Number("share", 0, 1e9, 1), skills, fields.Text("language", ""), fields.Has("channel") ? fields.Text("channel") : null);
        if (read.Channel is { } only && channels.All(channel => channel.Name != only)) fields.Problem("channel", $"{only} is not among the channels");
        var able = experts.Any(expert => (read.Language.Length == 0 || expert.Languages[read.Language] > 0)
            && skills.All(required => expert.Skills[required.Skill] >= required.MinimumLevel));
        if (!able) fields.Problem("skills", "no expert meets all of this class's requirements");
        fields.RefuseOthers();
        return read;
    }

    private static Listed? ReadListed(ScenarioFields fields, Kinds kinds)
    {
        var (at, className, channel, tierName) = (fields.Number("at", 0, Longest), fields.Text("class"), fields.Text("channel"), fields.Text("tier", "STANDARD"));
        double? handle = fields.Has("handleSeconds") ? fields.Number("handleSeconds", 0, MostWaiting) : null;
        double? patience = fields.Has("patienceSeconds") ? fields.Number("patienceSeconds", 0, MostWaiting) : null;
        fields.RefuseOthers();
        if (TierOf(tierName) is not { } tier) fields.Problem("tier", $"{tierName} is none of VIP, GOLD, STANDARD");
        else if (kinds.Find(className, channel, tier) is { } kind) return new Listed(at, kind, handle, patience);
        else fields.Problem("class", $"there is no class {className} with channel {channel} and a target for {tierName}");
        return null;
    }

    /// <summary>One kind for each class, channel and tier, so that contacts of one kind share it.</summary>
    private sealed class Kinds
    {
        private readonly Dictionary<(string Class, string Channel, CustomerTier Tier), ContactKind> _kinds = [];

        public Kinds(List<Channel> channels, List<Class> classes)
        {
            foreach (var asked in classes)
            {
                foreach (var channel in channels)
                {
                    foreach (var (tier, target) in channel.Targets)
                        _kinds[(asked.Name, channel.Name, tier)] = new ContactKind(asked.Skills, asked.Language, channel.Name, tier, channel.Weight, target);
                }
            }
        }

        public ContactKind? Find(string className, string channel, CustomerTier tier) => _kinds.GetValueOrDefault((className, channel, tier));
    }

    private sealed class Traffic(
        List<Channel> channels, List<Class> classes, Kinds kinds, Dictionary<CustomerTier, double> tiers, IReadOnlyList<double> perHour,
        List<Listed> list, double end, double returnShare, double returnAfter, int attempts)
    {
        public List<Contact> Contacts(int seed) => list.Count > 0
            ? [.. list.Where(listed => listed.At < end).Select((listed, index) => Drawn(index, 1, listed.At, listed.Kind, seed) is var drawn
                ? drawn with { Handle = listed.Handle ?? drawn.Handle, Patience = listed.Patience ?? drawn.Patience } : drawn)]
            : Random(seed);

        public Contact Again(Contact contact, double at, int seed) => Drawn(contact.Id + 10_000_000, contact.Attempt + 1, at, contact.Kind, seed);

        // A Poisson process whose rate changes by the hour; the hours repeat when there are fewer than the scenario lasts.
        private List<Contact> Random(int seed)
        {
            var random = new PythonRandom(seed);
            var highest = perHour.Max() / 3600;
            var classSums = PythonRandom.Cumulate(classes.Select(asked => asked.Share));
            var channelSums = PythonRandom.Cumulate(channels.Select(channel => channel.Share));
            var tierKeys = tiers.Keys.ToList();
            var tierSums = PythonRandom.Cumulate(tiers.Values);
            var contacts = new List<Contact>();
            if (highest <= 0) return contacts;
            for (var at = random.Exponential(highest); at < end; at += random.Exponential(highest))
            {
                if (random.NextDouble() * highest > perHour[(int)(at / 3600) % perHour.Count] / 3600) continue;
                var asked = classes[random.Choose(classSums)];
                var tier = tierKeys[random.Choose(tierSums)];
                var channel = asked.Channel ?? channels[random.Choose(channelSums)].Name;
                contacts.Add(Drawn(contacts.Count, 1, at, kinds.Find(asked.Name, channel, tier)!, seed));
            }

            return contacts;
        }

        private Contact Drawn(long id, int attempt, double at, ContactKind kind, int seed)
        {
            var random = new PythonRandom((seed * 1_000_000_000L) + (id * 8) + attempt);
            var channel = channels.First(channel => channel.Name == kind.Channel);
            var handle = channel.Handle.From(random);
            var patience = channel.Patience?.From(random) ?? double.PositiveInfinity;
            var resolution = random.NextDouble();
            var returns = random.NextDouble() < returnShare && attempt < attempts;
            return new Contact(id, attempt, at, kind, handle, patience, resolution, returns, random.Exponential(1 / returnAfter));
        }
    }
}
