using System.Runtime.InteropServices;
using Relais.Knowledge.Domain.Search.Analysis;

namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>
/// The articles of one tenant in one language. One writer at a time, the caller sees to it; readers take
/// <see cref="Current"/> and never wait. Postings are only appended to, a reader looks no further than its snapshot,
/// a removed article is a bit in the next snapshot, and when too many are removed everything is written anew.
/// </summary>
internal sealed class LanguageIndex
{
    /// <summary>How much a stem in the title, and in an example question, counts beside one in the body.</summary>
    public const int TitleWeight = 3;
    public const int QuestionWeight = 2;

    /// <summary>Few removed articles are not worth a rewriting.</summary>
    private const int RemovedWorthRewriting = 64;

    private readonly Analyzer _analyzer;
    private readonly TokenBuffer _tokens = new();
    private readonly HashSet<ulong> _groupsOfUnit = [];
    private readonly Dictionary<int, ArticlePosting> _termsOfArticle = [];
    private readonly Dictionary<int, int> _termsOfUnit = [];
    private readonly Dictionary<string, int> _ordinals = [];

    private IndexData _data = new();
    private ulong[] _removed = [];
    private int _removedCount;
    private Totals _totals;
    private Snapshot _current;

    public LanguageIndex(Analyzer analyzer)
    {
        _analyzer = analyzer;
        _current = new Snapshot(analyzer, _data, 0, _removed, default);
    }

    /// <summary>What readers see; immutable, but for counts that may run ahead by an article.</summary>
    public Snapshot Current => Volatile.Read(ref _current);

    /// <summary>The version held of an article, or null.</summary>
    public long? VersionOf(string id) =>
        _ordinals.TryGetValue(id, out var ordinal) ? _data.Articles[ordinal].Version : null;

    /// <summary>Adds an article or replaces it; readers see it after <see cref="Publish"/>.</summary>
    public void Put(ArticleDocument document)
    {
        Remove(document.Id);
        Append(document);
    }

    public bool Remove(string id)
    {
        if (!_ordinals.Remove(id, out var ordinal))
            return false;
        var article = _data.Articles[ordinal];
        Analyze(article.Document(), ordinal, article.FirstUnit, sign: -1);
        _totals = _totals.With(-1, -_data.Lengths[ordinal], -article.Units, 0, 0);
        for (var unit = article.FirstUnit; unit < article.FirstUnit + article.Units; unit++)
            _totals = _totals.With(0, 0, 0, -_data.Units[unit].Words, -_data.Units[unit].Groups);

        // Readers hold the old bits: the new ones are a copy.
        var removed = new ulong[(_data.Articles.Count + 63) / 64];
        _removed.CopyTo(removed, 0);
        removed[ordinal >> 6] |= 1UL << (ordinal & 63);
        _removed = removed;
        _removedCount++;
        return true;
    }

    /// <summary>Shows readers all that was put and removed so far.</summary>
    public void Publish()
    {
        if (_removedCount > RemovedWorthRewriting && _removedCount > _ordinals.Count / 2)
            Rewrite();
        Volatile.Write(ref _current, new Snapshot(_analyzer, _data, _data.Articles.Count, _removed, _totals));
    }

    private void Append(ArticleDocument document)
    {
        var ordinal = _data.Articles.Count;
        var article = new IndexedArticle(document, _data.Units.Count);
        var length = Analyze(document, ordinal, article.FirstUnit, sign: 1);
        _data.Lengths.Add(length);
        _data.Articles.Add(article);
        _ordinals[document.Id] = ordinal;
        _totals = _totals.With(1, length, article.Units, 0, 0);
        if (_removed.Length > 0 && _removed.Length * 64 <= ordinal)
            Array.Resize(ref _removed, ordinal / 64 + 1);
    }

    private void Rewrite()
    {
        var old = _data;
        var removed = _removed;
        _data = new IndexData();
        _removed = [];
        _removedCount = 0;
        _totals = default;
        _ordinals.Clear();
        for (var i = 0; i < old.Articles.Count; i++)
            if ((removed[i >> 6] >> (i & 63) & 1) == 0)
                Append(old.Articles[i].Document());
    }

    /// <summary>Counts the article's stems and letter groups in (sign 1) or out (-1); returns its weighted length.</summary>
    private float Analyze(ArticleDocument document, int ordinal, int firstUnit, int sign)
    {
        _termsOfArticle.Clear();
        var length = 0f;
        var unit = firstUnit;
        length += TitleWeight * AnalyzeUnit(document.Title, ordinal, unit++, sign, isTitle: true);
        foreach (var question in document.ExampleQuestions ?? [])
            length += QuestionWeight * AnalyzeUnit(question, ordinal, unit++, sign, isTitle: false);

        _analyzer.Analyze(document.Body, _tokens, isQuestion: false);
        foreach (ref readonly var token in _tokens.Tokens)
        {
            if (token.Kind == TokenKind.Stop)
                continue;
            length++;
            ref var posting = ref CollectionsMarshal.GetValueRefOrAddDefault(_termsOfArticle, TermOf(token), out _);
            posting = posting with { Body = (ushort)Math.Min(posting.Body + 1, ushort.MaxValue) };
        }

        foreach (var (id, posting) in _termsOfArticle)
        {
            var term = _data.Terms[id];
            if (sign > 0)
                term.Articles.Add(posting with { Article = ordinal });
            term.Count(articles: sign, units: 0);
        }
        return length;
    }

    private int AnalyzeUnit(string text, int article, int unit, int sign, bool isTitle)
    {
        _analyzer.Analyze(text, _tokens, isQuestion: true);
        _termsOfUnit.Clear();
        var words = 0;
        foreach (ref readonly var token in _tokens.Tokens)
        {
            if (token.Kind == TokenKind.Stop)
                continue;
            words++;
            var id = TermOf(token);
            CollectionsMarshal.GetValueRefOrAddDefault(_termsOfUnit, id, out _)++;
            ref var posting = ref CollectionsMarshal.GetValueRefOrAddDefault(_termsOfArticle, id, out _);
            posting = isTitle
                ? posting with { Title = (byte)Math.Min(posting.Title + 1, byte.MaxValue) }
                : posting with { Questions = (byte)Math.Min(posting.Questions + 1, byte.MaxValue) };
        }
        foreach (var (id, frequency) in _termsOfUnit)
        {
            var term = _data.Terms[id];
            if (sign > 0)
                term.Units.Add(UnitPosting.Pack(unit, frequency));
            term.Count(articles: 0, units: sign);
        }

        _groupsOfUnit.Clear();
        LetterGroups.Of(_tokens, _groupsOfUnit);
        foreach (var hash in _groupsOfUnit)
        {
            var group = _data.GroupOf(hash);
            if (sign > 0)
                group.Units.Add(unit);
            group.Count(sign);
        }

        if (sign > 0)
        {
            var groups = _groupsOfUnit.Count;
            _data.Units.Add(new Unit(article, (ushort)Math.Min(words, ushort.MaxValue), (ushort)Math.Min(groups, ushort.MaxValue)));
            _totals = _totals.With(0, 0, 0, _data.Units[unit].Words, _data.Units[unit].Groups);
        }
        return words;
    }

    private int TermOf(in Token token) => _data.TermOf(token.Hash, _tokens.Stem(token));
}
