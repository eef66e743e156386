namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>English: grammar words, clitics, kinds of question. The synonyms are in <see cref="EnglishSynonyms"/>.</summary>
internal static class English
{
    private const string Stops =
        """
        a an and are as at be been being but by did do does doing for from had has have having he her hers him his i
        if in into is it its me mine my of on or our ours she so than that the their theirs them then there these they
        this those to too us was we were what which who whom whose will with would you your yours am im ive
        don doesn didn isn aren wasn weren won couldn shouldn wouldn hasn haven hadn s t d ll re ve m u
        """;

    private const string Commons =
        """
        how why where when can could may might should shall must want wants wanted need needs like please help hello hi
        thanks thank get gets getting got make makes made let know tell show say ask use using used go going way any
        some something anything thing things about just also now still already ever never always again more most much
        many possible able question problem issue try trying tried able give take put see look find seem seems really
        today yesterday tomorrow day days week weeks month months year years time times hour hours moment morning night
        evening last next first new old good bad big little right wrong long lot bit kind sort type mother father mum dad
        wife husband son daughter friend people person man woman someone somebody anyone everyone everything nothing
        start started begin happen happens happened keep keeps kept come comes came turn turned became become set
        call called ask asking asked talk talking mean means meant work works working info information example
        think sure one here up out off down after before while because
        """;

    public static readonly Language Language = new(
        "en",
        EnglishStemmer.Stem,
        Words(Stops),
        Words(Commons),
        [],
        ["s", "m", "re", "ve", "ll", "d", "t"],
        new Dictionary<string, string[]>
        {
            ["definition"] = ["what is", "what are", "what does it mean", "what is meant by", "meaning", "definition", "explain", "stand for"],
            ["duration"] = ["how long", "how many days", "how many weeks", "how much time", "when will"],
            ["price"] = ["how much", "what does it cost", "price", "cost", "fee", "fees", "charge", "charged"],
            ["reason"] = ["why", "for what reason", "how come", "reason"],
            ["person"] = ["who"],
            ["place"] = ["where"],
            ["time"] = ["when", "what time", "what date"],
            ["duty"] = ["do i have to", "do i need to", "must i", "should i", "is it mandatory", "is it required", "mandatory"],
            ["right"] = ["can i", "may i", "am i allowed", "is it possible", "could i", "is it allowed", "able to"],
            ["action"] = ["what do i do", "what should i do", "what can i do", "how do i", "how can i", "how to"],
        },
        EnglishSynonyms.Groups,
        EnglishSynonyms.Equivalents);

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
