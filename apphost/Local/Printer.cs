namespace Relais.AppHost.Local;

/// <summary>The output of several processes as one, each line under the name of the process that wrote it.</summary>
internal sealed class Printer(TextWriter output, bool isColoured, int labelWidth)
{
    // Bright enough on dark and light grounds: cyan, yellow, green, magenta, blue, red.
    private static readonly int[] Colours = [36, 33, 32, 35, 34, 31];

    private readonly Lock one = new();

    /// <summary>A printer to the standard output, in colour on a terminal (https://no-color.org).</summary>
    public static Printer ForConsole(int labelWidth) => new(
        Console.Out, !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), labelWidth);

    public void Line(string label, string text)
    {
        var padded = label.PadRight(labelWidth);
        lock (one)
        {
            output.WriteLine(isColoured
                ? $"\e[{Colours[ColourOf(label)]}m{padded} |\e[0m {text}"
                : $"{padded} | {text}");
        }
    }

    /// <summary>A line of the platform itself.</summary>
    public void Plain(string text)
    {
        lock (one)
            output.WriteLine(text);
    }

    // The replicas of one target have one colour.
    private static int ColourOf(string label)
    {
        var sum = 0;
        foreach (var letter in label.AsSpan(0, label.IndexOf('/') is > 0 and var end ? end : label.Length))
            sum += letter;
        return sum % Colours.Length;
    }
}
