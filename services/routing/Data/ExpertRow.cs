using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Data;

/// <summary>An expert as last decided on. Every offer changes the row, so that two writers cannot both fill the same capacity.</summary>
internal sealed class ExpertRow : ITenantOwned, IVersioned
{
    public const int LongestReason = 100;

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

    public IReadOnlyList<PolicyHours> Shifts { get; set; } = [];

    public string PresenceReason { get; set; } = "";

    public DateTimeOffset? WrapsUpUntil { get; set; }

    public DateTimeOffset? TurnSince { get; set; }

    public int WrapUpSeconds { get; set; }

    public IReadOnlyDictionary<string, int> ChannelCeilings { get; set; } = new Dictionary<string, int>();

    public List<ExpertSkillRow> Skills { get; init; } = [];

    /// <summary>The profile as it was given; <see cref="RoutingBook.Qualify"/> makes levels that count of it.</summary>
    public ExpertProfile ToProfile() => new(
        Id, DisplayName, Email, Locale, SkillLevels.Empty,
        new LanguageLevels(Languages.Select(language => KeyValuePair.Create(language.Language, language.Level))),
        new Capacity(CapacityParts), Hours.Schedule(TimeZone, Shifts), Active)
    {
        Given = [.. Skills.Select(skill => new GivenSkill(skill.Name, skill.Level, skill.ExpiresAt))],
        ChannelCeilings = ChannelCeilings,
        WrapUp = TimeSpan.FromSeconds(WrapUpSeconds),
    };

    /// <param name="now">As of when levels count.</param>
    public Expert ToExpert(RoutingBook book, DateTimeOffset now)
    {
        var expert = new Expert(book.Qualify(ToProfile(), now), Presence, PresenceSince);
        expert.Restore(MissesInRow, IdleSince, PresenceReason, WrapsUpUntil, TurnSince);
        return expert;
    }

    /// <summary>What <see cref="Take(Expert)"/> sets.</summary>
    public static IReadOnlyList<string> AtWork { get; } = [nameof(Presence), nameof(PresenceSince), nameof(IdleSince), nameof(MissesInRow), nameof(LoadParts), nameof(PresenceReason), nameof(WrapsUpUntil), nameof(TurnSince)];

    public void Take(Expert expert)
    {
        (Presence, PresenceSince, IdleSince) = (expert.Presence, expert.PresenceSince, expert.IdleSince);
        (MissesInRow, LoadParts) = (expert.MissesInRow, expert.Load.Parts);
        (PresenceReason, WrapsUpUntil, TurnSince) = (expert.PresenceReason, expert.WrapsUpUntil, expert.TurnSince);
    }

    public void Take(ExpertProfile profile)
    {
        (DisplayName, Email, Locale, Active) = (profile.DisplayName, profile.Email, profile.Locale, profile.Active);
        CapacityParts = profile.Capacity.Parts;
        TimeZone = profile.Schedule.Zone.Id;
        Languages = [.. profile.Languages.Select(language => new StoredLanguage(language.Key, language.Value))];
        Shifts = Hours.Of(profile.Schedule.Shifts);
        WrapUpSeconds = (int)profile.WrapUp.TotalSeconds;
        ChannelCeilings = profile.ChannelCeilings;
        var keys = profile.Given.Select(skill => ExpertSkillRow.KeyOf(skill.Skill)).ToHashSet(StringComparer.Ordinal);
        Skills.RemoveAll(row => !keys.Contains(row.Key));
        foreach (var (name, level, expires) in profile.Given)
        {
            if (Skills.Find(row => row.Key == ExpertSkillRow.KeyOf(name)) is { } row)
                (row.Name, row.Level, row.ExpiresAt) = (name, level, expires);
            else
                Skills.Add(new ExpertSkillRow { ExpertId = Id, Key = ExpertSkillRow.KeyOf(name), Name = name, Level = level, ExpiresAt = expires });
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
        entity.Property(row => row.PresenceReason).HasMaxLength(LongestReason);
        // For the experts that there were before ceilings.
        entity.Property(row => row.ChannelCeilings).HasDefaultValueSql("'{}'");
        entity.HasMany(row => row.Skills).WithOne().HasForeignKey(skill => skill.ExpertId);
    }
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

    /// <summary>When the certificate behind the level ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

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
