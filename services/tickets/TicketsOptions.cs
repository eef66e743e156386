using Relais.Common.Hosting;
using Relais.Tickets.Domain;

namespace Relais.Tickets;

/// <summary>How tickets are triaged and how soon they are due.</summary>
internal sealed class TicketsOptions : ITargetOptions
{
    public static string Section => "Tickets";

    /// <summary>How long the first answer may take, by priority.</summary>
    public DueOptions Due { get; set; } = new();

    /// <summary>
    /// For each tenant's id its categories with the skills they require, for matters whose article names none. The
    /// <c>fr</c> and <c>en</c> names in it are for people.
    /// </summary>
    public Dictionary<string, List<CategoryOptions>> Categories { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Words and phrases that make a ticket urgent, beside those known; a star ends one whose endings vary.</summary>
    public List<string> DangerWords { get; set; } = [];

    /// <summary>Words and phrases that make a ticket high, beside those known.</summary>
    public List<string> AngerWords { get; set; } = [];

    public IEnumerable<string> Problems()
    {
        foreach (var (priority, due) in Due.All)
        {
            if (due <= TimeSpan.Zero)
                yield return $"{nameof(Due)}:{priority} must be more than 0.";
        }

        foreach (var (tenant, categories) in Categories)
        {
            foreach (var repeated in categories.GroupBy(category => category.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
                yield return $"{nameof(Categories)}:{tenant} names the category '{repeated.Key}' {repeated.Count()} times.";
            foreach (var category in categories)
            {
                if (category.Id.Length == 0)
                    yield return $"{nameof(Categories)}:{tenant} has a category without an Id.";
                foreach (var skill in category.RequiredSkills.Where(skill => skill.Skill.Length == 0 || skill.MinimumLevel is < 0 or > 5))
                    yield return $"{nameof(Categories)}:{tenant}:{category.Id} requires '{skill.Skill}' at level {skill.MinimumLevel}; a skill has a name and a level from 0 to 5.";
            }
        }

        foreach (var word in DangerWords.Concat(AngerWords).Where(word => !word.Any(char.IsLetterOrDigit)))
            yield return $"{nameof(DangerWords)} and {nameof(AngerWords)} must not have an entry without a letter; one is '{word}'.";
    }
}

/// <summary>How long the first answer may take, by priority.</summary>
internal sealed class DueOptions
{
    public TimeSpan Urgent { get; set; } = TimeSpan.FromMinutes(15);

    public TimeSpan High { get; set; } = TimeSpan.FromHours(1);

    public TimeSpan Normal { get; set; } = TimeSpan.FromHours(4);

    public TimeSpan Low { get; set; } = TimeSpan.FromDays(1);

    public IReadOnlyDictionary<TicketPriority, TimeSpan> All => new Dictionary<TicketPriority, TimeSpan>
    {
        [TicketPriority.Urgent] = Urgent,
        [TicketPriority.High] = High,
        [TicketPriority.Normal] = Normal,
        [TicketPriority.Low] = Low,
    };
}

/// <summary>A category and what its matters require.</summary>
internal sealed class CategoryOptions
{
    public string Id { get; set; } = "";

    /// <summary>What people call it, by language.</summary>
    public Dictionary<string, string> Name { get; set; } = new(StringComparer.Ordinal);

    public List<RequiredSkillOptions> RequiredSkills { get; set; } = [];
}

/// <summary>A skill and its least level, 0 to 5.</summary>
internal sealed class RequiredSkillOptions
{
    public string Skill { get; set; } = "";

    public int MinimumLevel { get; set; }
}
