namespace Relais.Routing.Domain.Matching;

/// <summary>
/// The best assignment as a whole of many items to many free experts, where taking the most urgent item first and giving it
/// its best expert would spend experts whom another item needs more.
/// </summary>
/// <remarks>
/// Items and their best experts are parted into connected components; in each the assignment of most worth is found with
/// the Hungarian method (Kuhn 1955; the O(n³) form with shortest augmenting paths of Jonker and Volgenant 1987). Components
/// of more than <see cref="MostNodes"/> are left to the order of urgency: they would take longer than they are worth.
/// </remarks>
internal static class Repair
{
    /// <summary>Items that are looked at together.</summary>
    public const int Portion = 200;

    /// <summary>Experts that are looked at for each.</summary>
    public const int Choices = 32;

    /// <summary>Items and experts of the largest component that is solved: about 20 ms.</summary>
    public const int MostNodes = 500;

    // Where the worth is the same, who comes first for the item alone (wanted skills, then the longest idle) does here too.
    private const double TieBreak = 1e-9;

    /// <param name="choices">The best experts for an item, the best first, at most <see cref="Choices"/>.</param>
    /// <param name="worth">Of a pair.</param>
    public static List<(OpenItem Item, ExpertEntry Expert)> Best(
        IReadOnlyList<(OpenItem Item, double Urgency)> portion, Func<OpenItem, List<ExpertEntry>> choices, Func<OpenItem, ExpertEntry, double> worth)
    {
        var pairs = new List<(OpenItem Item, ExpertEntry Expert)>();
        if (portion.Count < 2) return pairs;
        var edges = portion.Select(one => (one.Item, Experts: choices(one.Item))).Where(edge => edge.Experts.Count > 0).ToList();
        foreach (var component in Components(edges))
        {
            var experts = component.SelectMany(edge => edge.Experts).Distinct().ToList();
            if (component.Count < 2 || component.Count + experts.Count > MostNodes) continue;
            var columns = experts.Index().ToDictionary(expert => expert.Item, expert => expert.Index);
            var values = new double?[component.Count, experts.Count];
            for (var row = 0; row < component.Count; row++)
                foreach (var (at, expert) in component[row].Experts.Index())
                    values[row, columns[expert]] = worth(component[row].Item, expert) * (1 + (TieBreak * (Choices - at)));
            var chosen = Assignment.Best(values);
            for (var row = 0; row < component.Count; row++)
                if (chosen[row] is { } column) pairs.Add((component[row].Item, experts[column]));
        }

        return pairs;
    }

    private static IEnumerable<List<(OpenItem Item, List<ExpertEntry> Experts)>> Components(List<(OpenItem Item, List<ExpertEntry> Experts)> edges)
    {
        var parents = Enumerable.Range(0, edges.Count).ToArray();
        var first = new Dictionary<ExpertEntry, int>();
        foreach (var (row, edge) in edges.Index())
        {
            foreach (var expert in edge.Experts)
                if (!first.TryAdd(expert, row)) parents[Root(row)] = Root(first[expert]);
        }

        return edges.Index().GroupBy(edge => Root(edge.Index)).Select(group => group.Select(edge => edge.Item).ToList());

        int Root(int node)
        {
            while (parents[node] != node) node = parents[node] = parents[parents[node]];
            return node;
        }
    }
}
