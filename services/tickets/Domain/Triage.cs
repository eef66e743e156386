using System.Globalization;
using System.Text;

namespace Relais.Tickets.Domain;

/// <summary>
/// How soon a matter wants a person, from what the customer wrote in French or English. Danger makes it urgent. Anger, or
/// an assistant that failed repeatedly, makes it high. Anything else is normal. The words are looked for whole, without
/// case and accents, wherever they stand; a denial (<c>no smell of gas</c>) counts as the word, since a false alarm costs
/// less than a missed one.
/// </summary>
internal sealed class Triage
{
    // A star ends a word whose endings vary.
    private static readonly string[] Danger =
    [
        "odeur de gaz", "odeurs de gaz", "fuite de gaz", "sent le gaz", "sens le gaz", "sent du gaz", "sens du gaz", "monoxyde", "incendie", "en feu", "pris feu", "prend feu",
        "au feu", "flammes", "fumée", "explos*", "électrocut*", "électrisé*", "décharge électrique", "étincelle*", "odeur de brûlé",
        "sent le brûlé", "fil dénudé", "fils dénudés", "câble à terre", "câble tombé", "en danger", "danger de mort",
        "smell gas", "smells of gas", "smell of gas", "smelling gas", "gas smell", "gas leak", "leaking gas", "carbon monoxide", "on fire",
        "caught fire", "catching fire", "house fire", "there is a fire", "there's a fire", "flames", "smoke", "electrocut*", "electric shock",
        "sparks", "sparking", "burning smell", "smell of burning", "smells burnt", "bare wire", "bare wires", "live wire", "cable down",
        "in danger", "life threatening",
    ];

    private static readonly string[] Anger =
    [
        "scandale*", "inadmissible*", "inacceptable*", "honteu*", "furieu*", "colère", "ras le bol", "j'en ai marre", "marre de", "excédé*", "exaspér*",
        "arnaqu*", "voleurs", "escroc*", "incompétent*", "vous vous moquez", "vous foutez", "avocat", "mise en demeure", "porter plainte", "je vais résilier",
        "unacceptable", "outrag*", "disgrace*", "disgust*", "furious", "angry", "fed up", "sick of", "ridiculous", "scam*", "thieves", "incompetent",
        "useless", "rip off", "lawyer", "solicitor", "sue you", "legal action", "worst service", "appalling",
    ];

    private readonly string[] danger;
    private readonly string[] anger;

    /// <param name="moreDanger">Words and phrases of danger beside those known.</param>
    /// <param name="moreAnger">Words and phrases of anger beside those known.</param>
    public Triage(IEnumerable<string> moreDanger, IEnumerable<string> moreAnger)
    {
        danger = [.. Danger.Concat(moreDanger).Select(Pattern)];
        anger = [.. Anger.Concat(moreAnger).Select(Pattern)];
    }

    /// <param name="cause">As in <see cref="Contracts.Channels.ExpertRequested"/>.</param>
    /// <param name="texts">What the customer wrote, and their reason for asking for a person.</param>
    public TicketPriority PriorityOf(string cause, IEnumerable<string> texts)
    {
        var folded = texts.Select(Fold).ToList();
        if (folded.Exists(text => Contains(text, danger)))
            return TicketPriority.Urgent;
        return cause is "repeated_failure" or "sensitive_topic" or "angry_customer" || folded.Exists(text => Contains(text, anger)) ? TicketPriority.High : TicketPriority.Normal;
    }

    private static bool Contains(string text, string[] patterns) =>
        Array.Exists(patterns, pattern => text.Contains(pattern, StringComparison.Ordinal));

    private static string Pattern(string phrase) =>
        phrase.EndsWith('*') ? Fold(phrase[..^1]).TrimEnd() : Fold(phrase);

    // Lower case, no accents, one space around every word: a phrase is then found by a plain search.
    private static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length + 2).Append(' ');
        foreach (var character in text.Normalize(NormalizationForm.FormD))
        {
            if (char.IsLetterOrDigit(character))
                folded.Append(char.ToLowerInvariant(character));
            else if (CharUnicodeInfo.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark && folded[^1] != ' ')
                folded.Append(' ');
        }

        return (folded[^1] == ' ' ? folded : folded.Append(' ')).ToString();
    }
}
