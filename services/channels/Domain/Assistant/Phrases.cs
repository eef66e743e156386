namespace Relais.Channels.Domain.Assistant;

/// <summary>Everything that the platform itself says in a conversation, in one language.</summary>
internal abstract class Phrases
{
    private static readonly Dictionary<string, Phrases> ByLanguage = new(StringComparer.Ordinal)
    {
        ["en"] = new EnglishPhrases(),
        ["fr"] = new FrenchPhrases(),
    };

    /// <summary>The phrases for a language tag; English where its language is not spoken here.</summary>
    public static Phrases For(string locale) => ByLanguage.GetValueOrDefault(locale.Split('-')[0]) ?? ByLanguage["en"];

    public abstract string AssistantName { get; }

    public abstract string Greeting { get; }

    public abstract string Thanks { get; }

    public abstract string Goodbye { get; }

    public abstract string Acknowledgement { get; }

    public abstract string Refused { get; }

    /// <summary>The knowledge base does not answer at the moment.</summary>
    public abstract string Unavailable { get; }

    public abstract string ConfirmSolved { get; }

    public abstract string AskAgain { get; }

    public abstract string RequestExpert { get; }

    /// <summary>An answer from an article.</summary>
    public abstract string Answer(string title, string snippet);

    /// <summary>A person takes over, for a cause of <see cref="HandOverCause"/>.</summary>
    public abstract string HandedOver(string cause);

    /// <summary>Tells an expert what of a long conversation did not go along with it.</summary>
    public abstract string EarlierMessages(int count);

    public abstract string TicketOpened(string number);

    public abstract string TicketAssigned(string expertName);

    public abstract string TicketResolved(string number);

    public abstract string SurveySent(int minimumScore, int maximumScore);
}
