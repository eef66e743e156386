using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Indexing;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>One or several stems that stand for a concept together.</summary>
/// <param name="Terms">All of them must be there.</param>
/// <param name="Weight">1 for the customer's own word, less for a synonym or a corrected spelling.</param>
internal sealed record Variant(Term[] Terms, float Weight);

/// <summary>One thing the question speaks of.</summary>
/// <param name="Kind">What its token is for.</param>
/// <param name="Weight">How much it matters beside its rarity, 0..1.</param>
/// <param name="Variants">The ways to say it that the articles know; none when they know none.</param>
internal sealed record Concept(TokenKind Kind, float Weight, IReadOnlyList<Variant> Variants)
{
    public bool IsKnown => Variants.Count > 0;
}

/// <summary>A question as an index understands it.</summary>
/// <param name="Snapshot">The index it was read against.</param>
/// <param name="Concepts">What it speaks of; empty when it holds only grammar.</param>
/// <param name="Groups">Its letter groups that the index knows.</param>
/// <param name="UnknownGroups">The number of its letter groups that the index does not know.</param>
internal sealed record Question(
    Snapshot Snapshot, IReadOnlyList<Concept> Concepts, IReadOnlyList<LetterGroup> Groups, int UnknownGroups)
{
    /// <summary>Longer questions are cut: what matters is said in the beginning, and the time stays bounded.</summary>
    private const int LongestQuestion = 2000;
    private const int MostConcepts = 48;

    private const float CommonWeight = 0.4f;
    private const float QuestionTypeWeight = 0.4f;
    private const float PartsWeight = 0.7f;

    /// <summary>It holds no word that tells it from other questions.</summary>
    public bool IsVague => !Concepts.Any(concept => concept.Kind is TokenKind.Word or TokenKind.Compound);

    public static Question Read(string text, Snapshot snapshot)
    {
        var tokens = TokenBuffer.OfThread;
        snapshot.Analyzer.Analyze(text.AsSpan(0, Math.Min(text.Length, LongestQuestion)), tokens, isQuestion: true);

        var hashes = new HashSet<ulong>();
        LetterGroups.Of(tokens, hashes);
        var groups = new List<LetterGroup>(hashes.Count);
        foreach (var hash in hashes)
            if (snapshot.Data.FindGroup(hash) is { UnitFrequency: > 0 } group)
                groups.Add(group);
        return new Question(snapshot, ConceptsOf(tokens, snapshot), groups, hashes.Count - groups.Count);
    }

    private static List<Concept> ConceptsOf(TokenBuffer tokens, Snapshot snapshot)
    {
        var data = snapshot.Data;
        var compounds = new List<Token>();
        foreach (ref readonly var token in tokens.Tokens)
            if (token.Kind == TokenKind.Compound && Find(data, token.Hash) is not null)
                compounds.Add(token);

        var meaningful = new List<Token>();
        var concepts = new List<Concept>();
        var seen = new HashSet<ulong>();
        foreach (ref readonly var token in tokens.Tokens)
        {
            if (token.Kind == TokenKind.QuestionType)
            {
                if (seen.Add(token.Hash) && Find(data, token.Hash) is { } type)
                    concepts.Add(new Concept(token.Kind, QuestionTypeWeight, [new Variant([type], 1)]));
            }
            else if (token.Kind is TokenKind.Word or TokenKind.Common)
                meaningful.Add(token);
        }

        var stems = meaningful.Select(token => token.Hash).ToArray();
        var variants = meaningful.Select(_ => new List<Variant>()).ToArray();
        for (var i = 0; i < stems.Length; i++)
            AddSynonyms(snapshot, stems, i, variants);

        for (var i = 0; i < meaningful.Count && concepts.Count < MostConcepts; i++)
        {
            var token = meaningful[i];
            var own = Find(data, token.Hash);
            if (own is not null)
                variants[i].Insert(0, new Variant([own], 1));
            var compound = compounds.Find(whole => whole.Start <= token.Start && whole.End >= token.End);
            if (compound.Hash != 0)
            {
                if (!seen.Add(compound.Hash))
                    continue;
                variants[i] = [new Variant([Find(data, compound.Hash)!], 1), .. variants[i].Select(part => part with { Weight = part.Weight * PartsWeight })];
            }
            else if (!seen.Add(token.Hash))
                continue;

            if (variants[i].Count == 0 && token.Kind == TokenKind.Word)
                variants[i].AddRange(Spelling.Near(tokens.Stem(token), data));
            concepts.Add(new Concept(token.Kind, token.Kind == TokenKind.Common ? CommonWeight : 1, variants[i]));
        }
        return concepts;
    }

    private static void AddSynonyms(Snapshot snapshot, ulong[] stems, int at, List<Variant>[] variants)
    {
        foreach (var expression in snapshot.Analyzer.Thesaurus.At(stems, at))
        {
            foreach (var other in expression.Others)
            {
                var terms = new Term[other.Length];
                var known = true;
                for (var i = 0; i < other.Length && known; i++)
                    known = (terms[i] = Find(snapshot.Data, other[i])!) is not null;
                if (!known)
                    continue;
                for (var i = 0; i < expression.Stems.Length; i++)
                    variants[at + i].Add(new Variant(terms, expression.Weight));
            }
        }
    }

    private static Term? Find(IndexData data, ulong hash) =>
        data.FindTerm(hash) is { ArticleFrequency: > 0 } term ? term : null;
}
