using System.Globalization;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain;

/// <summary>Decisions in words, in French or English (the default), from what a decision recorded.</summary>
internal static class Wording
{
    /// <summary>Why the chosen expert, point by point; empty when nobody was chosen.</summary>
    public static IReadOnlyList<string> Reasons(Decision decision, string locale)
    {
        if (decision.Chosen is null) return [];
        var french = IsFrench(locale);
        var reasons = new List<string>();
        if (decision.ChosenPreferred) reasons.Add(french ? "S’est déjà occupé de ce dossier" : "Had this matter before");
        foreach (var skill in decision.Skills.Where(skill => !TeamSkill.Is(skill.Skill)))
        {
            reasons.Add(french
                ? $"{skill.Skill} : niveau {skill.Level} ({Needed(skill.MinimumLevel, french)})"
                : $"{skill.Skill}: level {skill.Level} ({Needed(skill.MinimumLevel, french)})");
        }
        if (decision.Language.Length > 0)
            reasons.Add(french ? $"Langue {decision.Language} : niveau {decision.LanguageLevel}" : $"Language {decision.Language}: level {decision.LanguageLevel}");
        reasons.Add((decision.CandidateCount, french) switch
        {
            (1, true) => "Seule personne disponible pour ce dossier",
            (1, false) => "The only one who can take it now",
            (var count, true) => $"Meilleur score des {count} personnes disponibles pour ce dossier",
            (var count, false) => $"The best score of {count} who can take it now",
        });
        return reasons;
    }

    /// <summary>Why it went to whom it went, or why it waits and when it will ask for less.</summary>
    public static string Explanation(Decision decision, string locale)
    {
        var french = IsFrench(locale);
        var colon = french ? " : " : ": ";
        if (decision.Chosen is not null) return $"{decision.ChosenName}{colon}{string.Join("; ", Reasons(decision, locale))}.";

        if (decision.Parked)
        {
            var end = decision.HeldUntil?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            return (french, end) switch
            {
                (true, null) => "La file est en pause.",
                (true, _) => $"La file est fermée ou en pause jusqu’au {end} UTC.",
                (false, null) => "The queue is paused.",
                (false, _) => $"The queue is closed or paused until {end} UTC.",
            };
        }

        var against = decision.RejectionCounts.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal)
            .Select(r => $"{r.Value.ToString(CultureInfo.InvariantCulture)} {Against(r.Key, french)}").ToList();
        var why = french ? "Personne ne peut le prendre maintenant" : "Nobody can take it now";
        why += against.Count > 0 ? $"{colon}{string.Join(", ", against)}." : french ? " : il n’y a aucun expert." : ": there are no experts.";
        if (decision.HeldUntil is { } held)
        {
            why += french
                ? $" Jusqu’à {Time(held, decision.At)} UTC, il attend quelqu’un de mieux placé."
                : $" Until {Time(held, decision.At)} UTC it waits for someone better placed.";
        }

        if (decision.NextRelaxationAt is not { } next) return why;
        return why + (french
            ? $" À {Time(next, decision.At)} UTC, les niveaux demandés baissent."
            : $" At {Time(next, decision.At)} UTC it asks for lower levels.");
    }

    // With its date where that is another day's.
    private static string Time(DateTimeOffset at, DateTimeOffset now) =>
        at.UtcDateTime.ToString(at.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>Why not an expert, from everything that speaks against them.</summary>
    public static string WhyNot(string name, IEnumerable<string> reasons, string locale) =>
        $"{name}{(IsFrench(locale) ? " : " : ": ")}{string.Join(", ", reasons.Select(code => Against(code, IsFrench(locale))))}.";

    /// <summary>Why not an expert, as of a decision.</summary>
    public static string WhyNot(string name, Decision? decision, Guid expert, string locale)
    {
        var french = IsFrench(locale);
        if (decision?.Rejections.FirstOrDefault(rejection => rejection.ExpertId == expert) is { } rejection)
            return WhyNot(name, rejection.Reasons, locale);
        if (decision?.Candidates.FirstOrDefault(candidate => candidate.ExpertId == expert) is { } candidate && decision.Candidates is [var best, ..])
        {
            var (score, higher) = (candidate.Score.ToString("0.###", CultureInfo.InvariantCulture), best.Score.ToString("0.###", CultureInfo.InvariantCulture));
            return french
                ? $"{name} : possible (score {score}), mais {best.ExpertName} passait avant (score {higher})."
                : $"{name}: possible (score {score}), but {best.ExpertName} came first (score {higher}).";
        }

        return french ? $"{name} : la dernière décision n’en dit rien." : $"{name}: the latest decision says nothing of them.";
    }

    private static string Against(string code, bool french) => code switch
    {
        Eligibility.Presence => french ? "absent(s)" : "not available",
        Eligibility.Hours => french ? "hors de ses heures de travail" : "outside working hours",
        Eligibility.Capacity => french ? "déjà occupé(s)" : "at capacity",
        Eligibility.Language => french ? "sans la langue" : "without the language",
        Eligibility.Declined => french ? "l’ont refusé" : "declined it",
        Eligibility.Held => french ? "gardé(s) en réserve" : "kept back for now",
        Eligibility.Preferred => french ? "le dossier attend d’abord la personne qui le connaît" : "not the one who had it before, for whom it still waits",
        Eligibility.WrapUp => french ? "termine(nt) un dossier" : "wrapping up",
        _ when code.StartsWith(Eligibility.SkillPrefix + TeamSkill.Mark, StringComparison.Ordinal) => french ? "hors de l’équipe" : "outside the team",
        _ when code.StartsWith(Eligibility.SkillPrefix, StringComparison.Ordinal) && code[Eligibility.SkillPrefix.Length..] is var skill =>
            french ? $"sans le niveau en {skill}" : $"below the level in {skill}",
        _ => code,
    };

    private static string Needed(int level, bool french) => (level, french) switch
    {
        (0, true) => "plus exigé",
        (0, false) => "no longer needed",
        (_, true) => $"{level} demandé",
        (_, false) => $"{level} needed",
    };

    private static bool IsFrench(string locale) => locale.StartsWith("fr", StringComparison.OrdinalIgnoreCase);
}
