using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Relais.Routing.Domain;
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
        };
        view.Candidates.AddRange(decision.Candidates.Select(Of));
        foreach (var rejection in decision.Rejections)
        {
            var rejected = new ProtoDecision.Types.Rejection { ExpertId = rejection.ExpertId.ToString(), ExpertName = rejection.ExpertName };
            rejected.Reasons.AddRange(rejection.Reasons);
            view.Rejected.Add(rejected);
        }

        view.Relaxations.AddRange(decision.Relaxations.Select(relaxation => new ProtoDecision.Types.Relaxation
        {
            Requirement = Eligibility.SkillPrefix + relaxation.Skill,
            From = relaxation.From.ToString(CultureInfo.InvariantCulture),
            To = relaxation.To.ToString(CultureInfo.InvariantCulture),
            At = relaxation.At.ToTimestamp(),
        }));
        return view;
    }

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
