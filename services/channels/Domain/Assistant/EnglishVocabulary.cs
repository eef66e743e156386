namespace Relais.Channels.Domain.Assistant;

internal sealed class EnglishVocabulary : Vocabulary
{
    private static readonly string[] Speaking =
    [
        "talk to", "talk with", "speak to", "speak with", "chat with", "connect me to", "connect me with", "put me through to",
        "transfer me to", "i want", "i need", "i would like", "i'd like", "get me", "give me",
    ];

    private static readonly string[] People =
    [
        "a human", "a human being", "a real human", "a real person", "a live person", "an agent", "a live agent", "an adviser", "an advisor",
        "a representative", "an operator", "one of your advisers", "one of your agents",
    ];

    private static readonly string[] PeopleToSpeakTo =
        ["someone", "somebody", "a person", "a manager", "your manager", "a supervisor", "an expert", "a technician", "customer service"];

    public override string Greetings => "hello hi hey hiya morning afternoon evening greetings";

    public override string Thanks => "thanks thank thx cheers ty";

    public override string Goodbyes => "goodbye bye cya";

    public override string Acknowledgements => "ok okay fine great perfect right understood got it cool yes no yep sure";

    public override string Courtesies =>
        "good you there so very much a lot for your the help all and is that s how are doing sir madam please have nice day again everyone i want need";

    public override string Negations => "not t don without never";

    public override string ShortWishes => "human agent adviser advisor representative operator";

    public override IEnumerable<string> Wishes =>
    [
        .. Speaking.SelectMany(speaking => People.Select(person => $"{speaking} {person}")),
        .. Speaking.Take(9).SelectMany(speaking => PeopleToSpeakTo.Select(person => $"{speaking} {person}")),
        "human please", "real person please", "agent please", "call me back", "not a robot please", "stop the bot",
    ];

    public override IEnumerable<string> Sensitive =>
    [
        "kill myself", "end my life", "want to die", "i will kill", "i am suicidal", "i'm suicidal", "i will sue", "i'm going to sue", "we will sue",
        "going to sue you", "my lawyer", "my solicitor", "my attorney", "take you to court", "taking you to court", "legal action against you",
        "press charges", "you will pay for this", "smell of gas", "smell gas", "gas leak at", "i got electrocuted", "there is a fire",
    ];

    public override IEnumerable<string> Angry =>
    [
        "fed up", "sick of this", "sick of you", "this is ridiculous", "this is outrageous", "this is unacceptable", "absolutely unacceptable",
        "this is a disgrace", "disgraceful", "you are thieves", "you're thieves", "bunch of thieves", "bunch of crooks", "you are useless",
        "you're useless", "what a joke", "i am furious", "i'm furious", "so angry", "incompetent", "bullshit", "are you kidding me",
    ];
}
