namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>The growing parts of an index, shared by its writer and its readers.</summary>
internal sealed class IndexData
{
    private readonly AppendOnlyMap _terms = new();
    private readonly AppendOnlyMap _groups = new();
    private readonly Growing<LetterGroup> _groupList = new(64);

    public Growing<IndexedArticle> Articles { get; } = new(16);

    /// <summary>Weighted number of stems in title, questions and body, by article ordinal.</summary>
    public Growing<float> Lengths { get; } = new(16);

    public Growing<Unit> Units { get; } = new(16);

    public Growing<Term> Terms { get; } = new(64);

    /// <summary>Shapes of the terms, by term ordinal.</summary>
    public Growing<WordShape> Shapes { get; } = new(64);

    public Term? FindTerm(ulong hash) => _terms.Find(hash) is >= 0 and var id ? Terms[id] : null;

    public LetterGroup? FindGroup(ulong hash) => _groups.Find(hash) is >= 0 and var id ? _groupList[id] : null;

    /// <summary>The term's ordinal; it is added when new. For the writer.</summary>
    public int TermOf(ulong hash, ReadOnlySpan<char> text)
    {
        var id = _terms.Find(hash);
        if (id >= 0)
            return id;
        id = Terms.Count;
        Terms.Add(new Term(text.ToString()));
        Shapes.Add(WordShape.Of(text));
        _terms.Add(hash, id);
        return id;
    }

    /// <summary>The letter group; it is added when new. For the writer.</summary>
    public LetterGroup GroupOf(ulong hash)
    {
        var id = _groups.Find(hash);
        if (id >= 0)
            return _groupList[id];
        var group = new LetterGroup();
        _groupList.Add(group);
        _groups.Add(hash, _groupList.Count - 1);
        return group;
    }
}
