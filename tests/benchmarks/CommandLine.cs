using System.Globalization;

namespace Relais.Benchmarks;

/// <summary>Options of a command, <c>--name value</c> or <c>--name</c> alone; a mistake is told and ends with 64.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <exception cref="CommandLineException">Something that is no option.</exception>
    public CommandLine(IReadOnlyList<string> words)
    {
        for (var index = 0; index < words.Count; index++)
        {
            if (!words[index].StartsWith("--", StringComparison.Ordinal)) throw new CommandLineException($"{words[index]} is no option; options begin with --.");
            var hasValue = index + 1 < words.Count && !words[index + 1].StartsWith("--", StringComparison.Ordinal);
            _options[words[index][2..]] = hasValue ? words[++index] : "";
        }
    }

    public bool Has(string name)
    {
        _asked.Add(name);
        return _options.ContainsKey(name);
    }

    public string Text(string name, string? otherwise = null)
    {
        _asked.Add(name);
        if (_options.GetValueOrDefault(name, otherwise ?? "") is { Length: > 0 } text) return text;
        throw new CommandLineException($"--{name} needs a value.");
    }

    public double Number(string name, double otherwise, double least, double most)
    {
        _asked.Add(name);
        if (!_options.TryGetValue(name, out var text)) return otherwise;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        throw new CommandLineException(string.Create(CultureInfo.InvariantCulture, $"--{name} is a number from {least} to {most}, not {text}."));
    }

    public int Whole(string name, int otherwise, int least, int most)
    {
        var number = Number(name, otherwise, least, most);
        return number == Math.Floor(number) ? (int)number : throw new CommandLineException($"--{name} is a whole number.");
    }

    /// <summary><c>7</c>, <c>1..20</c> or <c>1,4,9</c>.</summary>
    public IReadOnlyList<int> Numbers(string name, string otherwise)
    {
        var text = Text(name, otherwise);
        var numbers = new List<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split("..");
            if (ends.Length > 2 || !int.TryParse(ends[0], CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], CultureInfo.InvariantCulture, out var last)
                || first < 0 || last < first || last - first >= 10_000)
                throw new CommandLineException($"--{name} is a number, a range such as 1..20, or a list of them, not {text}.");
            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return numbers;
    }

    /// <exception cref="CommandLineException">An option that nothing asked for.</exception>
    public void RefuseOthers()
    {
        if (_options.Keys.FirstOrDefault(name => !_asked.Contains(name)) is { } other) throw new CommandLineException($"--{other} is not an option here.");
    }
}

/// <summary>A mistake in what was typed.</summary>
internal sealed class CommandLineException(string message) : Exception(message);
