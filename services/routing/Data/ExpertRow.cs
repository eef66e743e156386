using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using NodaTime.Text;
using Relais.Common.Data;
using Relais.Routing.Domain;

namespace Relais.Routing.Data;

/// <summary>An expert as last decided on. Every offer changes the row, so that two writers cannot both fill the same capacity.</summary>
internal sealed class ExpertRow : ITenantOwned, IVersioned
{
    public static readonly LocalTimePattern TimePattern = LocalTimePattern.CreateWithInvariantCulture("HH':'mm");

    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public string DisplayName { get; set; } = "";

    public string Email { get; set; } = "";

    public string Locale { get; set; } = "";

    /// <summary>False for who has left, or has no longer a role that takes work.</summary>
    public bool Active { get; set; }

    public Presence Presence { get; set; }

    public DateTimeOffset PresenceSince { get; set; }

    public DateTimeOffset? IdleSince { get; set; }

    public int MissesInRow { get; set; }

    /// <summary>In parts of <see cref="Capacity.PartsPerWhole"/>, as <see cref="LoadParts"/>.</summary>
    public int CapacityParts { get; set; }

    public int LoadParts { get; set; }

    public string TimeZone { get; set; } = "";

    public IReadOnlyList<StoredLanguage> Languages { get; set; } = [];

    public IReadOnlyList<StoredShift> Shifts { get; set; } = [];

    public List<ExpertSkillRow> Skills { get; init; } = [];

    public ExpertProfile ToProfile() => new(
        Id, DisplayName, Email, Locale,
        new SkillLevels(Skills.Select(skill => KeyValuePair.Create(skill.Name, skill.Level))),
        new LanguageLevels(Languages.Select(language => KeyValuePair.Create(language.Language, language.Level))),
        new Capacity(CapacityParts), ToSchedule(), Active);

    public Expert ToExpert()
    {
        var expert = new Expert(ToProfile(), Presence, PresenceSince);
        expert.Restore(MissesInRow, IdleSince);
        return expert;
    }

    /// <summary>What <see cref="Take(Expert)"/> sets.</summary>
    public static IReadOnlyList<string> AtWork { get; } = [nameof(Presence), nameof(PresenceSince), nameof(IdleSince), nameof(MissesInRow), nameof(LoadParts)];

    public void Take(Expert expert)
    {
        (Presence, PresenceSince, IdleSince) = (expert.Presence, expert.PresenceSince, expert.IdleSince);
        (MissesInRow, LoadParts) = (expert.MissesInRow, expert.Load.Parts);
    }

    public void Take(ExpertProfile profile)
    {
        (DisplayName, Email, Locale, Active) = (profile.DisplayName, profile.Email, profile.Locale, profile.Active);
        CapacityParts = profile.Capacity.Parts;
        TimeZone = profile.Schedule.Zone.Id;
        Languages = [.. profile.Languages.Select(language => new StoredLanguage(language.Key, language.Value))];
        Shifts =
        [
            .. profile.Schedule.Shifts.Select(shift => new StoredShift(
                [.. shift.Days.Select(day => (int)day).Order()], TimePattern.Format(shift.From), TimePattern.Format(shift.To))),
        ];
        var keys = profile.Skills.Select(skill => ExpertSkillRow.KeyOf(skill.Key)).ToHashSet(StringComparer.Ordinal);
        Skills.RemoveAll(row => !keys.Contains(row.Key));
        foreach (var (name, level) in profile.Skills)
        {
            if (Skills.Find(row => row.Key == ExpertSkillRow.KeyOf(name)) is { } row)
                (row.Name, row.Level) = (name, level);
            else
                Skills.Add(new ExpertSkillRow { ExpertId = Id, Key = ExpertSkillRow.KeyOf(name), Name = name, Level = level });
        }
    }

    internal static void Configure(EntityTypeBuilder<ExpertRow> entity)
    {
        entity.ToTable("experts");
        entity.HasKey(row => row.Id);
        entity.HasIndex(row => new { row.TenantId, row.Id });
        entity.Property(row => row.DisplayName).HasMaxLength(200);
        entity.Property(row => row.Email).HasMaxLength(320);
        entity.Property(row => row.Locale).HasMaxLength(35);
        entity.Property(row => row.TimeZone).HasMaxLength(64);
        entity.HasMany(row => row.Skills).WithOne().HasForeignKey(skill => skill.ExpertId);
    }

    // A zone that a later version of the data has dropped must not keep the platform from starting.
    private WorkingSchedule ToSchedule() => new(
        WorkingSchedule.ZoneOf(TimeZone) ?? DateTimeZone.Utc,
        [
            .. Shifts.Select(shift => new Shift(
                shift.Days.Select(day => (IsoDayOfWeek)day).ToHashSet(), TimePattern.Parse(shift.From).Value, TimePattern.Parse(shift.To).Value)),
        ]);
}

/// <summary>A skill of an expert.</summary>
internal sealed class ExpertSkillRow : ITenantOwned
{
    public const int LongestName = 64;

    public string TenantId { get; set; } = "";

    public required Guid ExpertId { get; init; }

    /// <summary>The name in lower case, by which skills are compared.</summary>
    public required string Key { get; init; }

    public required string Name { get; set; }

    public required int Level { get; set; }

    public static string KeyOf(string name) => name.ToLowerInvariant();

    internal static void Configure(EntityTypeBuilder<ExpertSkillRow> entity)
    {
        entity.ToTable("expert_skills");
        entity.HasKey(row => new { row.ExpertId, row.Key });
        entity.HasIndex(row => new { row.TenantId, row.Key });
        entity.Property(row => row.Key).HasMaxLength(LongestName);
        entity.Property(row => row.Name).HasMaxLength(LongestName);
    }
}
