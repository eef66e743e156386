namespace Relais.Channels.Domain.Assistant;

/// <summary>
/// The words by which a language greets, thanks, asks for a person, threatens or is angry. Case, diacritics and punctuation
/// do not matter. Phrases are such as nobody uses in a plain question: "je vais porter plainte", not "porter plainte".
/// </summary>
internal abstract class Vocabulary
{
    /// <summary>Words, separated by spaces.</summary>
    public abstract string Greetings { get; }

    public abstract string Thanks { get; }

    public abstract string Goodbyes { get; }

    public abstract string Acknowledgements { get; }

    /// <summary>Words that accompany small talk and change nothing.</summary>
    public abstract string Courtesies { get; }

    /// <summary>Before a wish they turn it around.</summary>
    public abstract string Negations { get; }

    /// <summary>Words that, alone, ask for a person.</summary>
    public abstract string ShortWishes { get; }

    /// <summary>Phrases that ask for a person.</summary>
    public abstract IEnumerable<string> Wishes { get; }

    /// <summary>Phrases that speak of danger, threats or legal steps.</summary>
    public abstract IEnumerable<string> Sensitive { get; }

    public abstract IEnumerable<string> Angry { get; }
}
