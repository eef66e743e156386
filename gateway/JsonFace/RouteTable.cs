namespace Relais.Gateway.JsonFace;

/// <summary>
/// Finds what serves a method and a path. A literal segment goes before a variable; a colon in the last segment always
/// begins a verb, so that an id never takes one in.
/// </summary>
/// <typeparam name="T">What a route leads to.</typeparam>
internal sealed class RouteTable<T> where T : class
{
    private readonly Node root = new();

    /// <exception cref="InvalidOperationException">Two routes have the same method and path.</exception>
    public void Add(string httpMethod, PathTemplate template, T target)
    {
        var node = root;
        foreach (var segment in template.Segments)
            node = segment.IsVariable ? node.Variable ??= new Node() : node.Literal(segment.Text);

        if (!node.Verb(template.Verb).TryAdd(httpMethod, target))
            throw new InvalidOperationException($"Two routes serve {httpMethod} {template}.");
    }

    /// <summary>A HEAD is served by what serves the GET.</summary>
    /// <param name="httpMethod">In upper case.</param>
    /// <param name="path">Decoded.</param>
    public RouteMatch<T> Find(string httpMethod, string path)
    {
        if (!path.StartsWith('/'))
            return RouteMatch<T>.None;

        var segments = path[1..].Split('/');
        var verb = "";
        if (PathTemplate.SplitVerb(segments[^1], out var last, out var found))
        {
            segments[^1] = last;
            if (found.Length == 0)
                return RouteMatch<T>.None;
            verb = found;
        }

        var search = new Search(httpMethod, verb, segments);
        return search.Visit(root, 0) is { } target
            ? new RouteMatch<T>(target, search.Values, [])
            : new RouteMatch<T>(null, [], [.. search.Allowed.Order(StringComparer.Ordinal)]);
    }

    private sealed class Search(string httpMethod, string verb, string[] segments)
    {
        private readonly List<string> values = [];

        public IReadOnlyList<string> Values => values;

        /// <summary>The methods of this path, where the one asked for is not among them.</summary>
        public HashSet<string> Allowed { get; } = [];

        public T? Visit(Node node, int position)
        {
            if (position == segments.Length)
                return Leaf(node);

            var segment = segments[position];
            if (node.Literals.TryGetValue(segment, out var literal) && Visit(literal, position + 1) is { } exact)
                return exact;
            if (node.Variable is null || segment.Length == 0)
                return null;

            values.Add(segment);
            if (Visit(node.Variable, position + 1) is { } bound)
                return bound;
            values.RemoveAt(values.Count - 1);
            return null;
        }

        private T? Leaf(Node node)
        {
            if (!node.Verbs.TryGetValue(verb, out var methods))
                return null;
            if (methods.TryGetValue(httpMethod, out var target) || (httpMethod == "HEAD" && methods.TryGetValue("GET", out target)))
                return target;
            Allowed.UnionWith(methods.Keys);
            return null;
        }
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Literals { get; } = new(StringComparer.Ordinal);

        public Node? Variable { get; set; }

        public Dictionary<string, Dictionary<string, T>> Verbs { get; } = new(StringComparer.Ordinal);

        public Node Literal(string text)
        {
            if (!Literals.TryGetValue(text, out var node))
                Literals.Add(text, node = new Node());
            return node;
        }

        public Dictionary<string, T> Verb(string name)
        {
            if (!Verbs.TryGetValue(name, out var methods))
                Verbs.Add(name, methods = new Dictionary<string, T>(StringComparer.Ordinal));
            return methods;
        }
    }
}

/// <param name="Target">Null when nothing serves this path, or nothing this method.</param>
/// <param name="Values">The path's variables in their order.</param>
/// <param name="Allowed">The methods that the path has; empty when there is no such path, or the method is served.</param>
internal sealed record RouteMatch<T>(T? Target, IReadOnlyList<string> Values, IReadOnlyList<string> Allowed) where T : class
{
    public static RouteMatch<T> None { get; } = new(null, [], []);
}
