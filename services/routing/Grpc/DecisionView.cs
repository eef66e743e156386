using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using ProtoDecision = Relais.Contracts.Routing.V1.Decision;

namespace Relais.Routing.Grpc;

/// <summary>Decisions as the contract shows them, told in a language.</summary>
internal static class DecisionView
{
    public static ProtoDecision Of(Decision decision, string locale)
    {
        var view = new ProtoDecision
        {
            Id = decision.Id.ToString(),
            At = decision.At.ToTimestamp(),
            Trigger = decision.Trigger,
            Chosen = decision.Chosen?.ToString() ?? "",
            ChosenName = decision.ChosenName,
            Explanation = Wording.Explanation(decision, locale),
            Rule = decision.Rule,
            CandidateCount = decision.CandidateCount,
            HeldForLevel = decision.HeldForLevel,
            HeldUntil = decision.HeldUntil?.ToTimestamp(),
            NextRelaxationAt = decision.NextRelaxationAt?.ToTimestamp(),
        };
        foreach (var (code, count) in decision.RejectionCounts)
            view.RejectionCounts[Code(code)] = view.RejectionCounts.GetValueOrDefault(Code(code)) + count;
        view.Urgency.AddRange(decision.Urgency.Select(term => new ProtoDecision.Types.ScoreTerm { Name = term.Name, Value = term.Value }));
        view.Candidates.AddRange(decision.Candidates.Select(Of));
        foreach (var rejection in decision.Rejections)
        {
            var rejected = new ProtoDecision.Types.Rejection { ExpertId = rejection.ExpertId.ToString(), ExpertName = rejection.ExpertName };
            rejected.Reasons.AddRange(rejection.Reasons.Select(Code));
            view.Rejected.Add(rejected);
        }

        view.Relaxations.AddRange(decision.Relaxations.Select(relaxation => new ProtoDecision.Types.Relaxation
        {
            Requirement = Code(Eligibility.SkillPrefix + relaxation.Skill),
            From = relaxation.From.ToString(CultureInfo.InvariantCulture),
            To = relaxation.To.ToString(CultureInfo.InvariantCulture),
            At = relaxation.At.ToTimestamp(),
        }));
        return view;
    }

    /// <summary>A code as callers see it: membership, which the engine matches as a skill, is <c>team</c>.</summary>
    public static string Code(string code) =>
        code.StartsWith(Eligibility.SkillPrefix, StringComparison.Ordinal) && TeamSkill.Is(code[Eligibility.SkillPrefix.Length..]) ? "team" : code;

    private static ProtoDecision.Types.Candidate Of(Candidate candidate)
    {
        var view = new ProtoDecision.Types.Candidate
        {
            ExpertId = candidate.ExpertId.ToString(),
            ExpertName = candidate.ExpertName,
            Score = candidate.Score,
        };
        view.Terms.AddRange(candidate.Terms.Select(term => new ProtoDecision.Types.ScoreTerm { Name = term.Name, Value = term.Value }));
        return view;
    }
}
