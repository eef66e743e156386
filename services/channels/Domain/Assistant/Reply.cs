namespace Relais.Channels.Domain.Assistant;

/// <summary>What the assistant says.</summary>
/// <param name="Attempt">Null for small talk, which is no question.</param>
internal sealed record Reply(string AuthorName, string Text, IReadOnlyList<Choice> Choices, Attempt? Attempt);

/// <summary>Composes the assistant's replies in one language.</summary>
/// <param name="expertChannels">By which a person can be had.</param>
internal sealed class Composer(Phrases phrases, IReadOnlyList<string> expertChannels)
{
    private const int MostCitations = 3;

    // Further articles are cited while they are at least so sure, relative to the best.
    private const double NearlyAsGood = 0.6;

    // Below it the nearest article says nothing about what the question is about.
    private const double LeastHint = 0.1;

    /// <summary>The answer, or the admission that there is none.</summary>
    public Reply Answer(int questionSequence, Finding finding) =>
        finding is { Answered: true, Articles: [var best, ..] } ? Answered(questionSequence, finding, best) : Refused(questionSequence, finding);

    /// <summary>The knowledge base is away: nobody can say whether there is an answer.</summary>
    public Reply Unavailable(int questionSequence) => new(
        phrases.AssistantName, phrases.Unavailable, [AskAgain, RequestExpert], new Attempt(questionSequence, false, 0, "", [], []));

    /// <summary>An answer to small talk.</summary>
    public Reply SmallTalk(Remark remark) => remark switch
    {
        Remark.Greeting => new(phrases.AssistantName, phrases.Greeting, [RequestExpert], null),
        Remark.Thanks => new(phrases.AssistantName, phrases.Thanks, [ConfirmSolved, AskAgain, RequestExpert], null),
        Remark.Goodbye => new(phrases.AssistantName, phrases.Goodbye, [ConfirmSolved, AskAgain, RequestExpert], null),
        Remark.Acknowledgement => new(phrases.AssistantName, phrases.Acknowledgement, [ConfirmSolved, AskAgain, RequestExpert], null),
        _ => throw new ArgumentOutOfRangeException(nameof(remark), remark, "This is no small talk."),
    };

    private Choice ConfirmSolved => new(ChoiceAction.ConfirmSolved, phrases.ConfirmSolved, []);

    private Choice AskAgain => new(ChoiceAction.AskAgain, phrases.AskAgain, []);

    private Choice RequestExpert => new(ChoiceAction.RequestExpert, phrases.RequestExpert, expertChannels);

    private Reply Answered(int questionSequence, Finding finding, FoundArticle best)
    {
        var citations = finding.Articles
            .Where(article => article.Citation.Confidence >= best.Citation.Confidence * NearlyAsGood)
            .Take(MostCitations).Select(article => article.Citation).ToList();
        return new Reply(
            phrases.AssistantName,
            phrases.Answer(best.Citation.Title, best.Citation.Snippet),
            [ConfirmSolved, AskAgain, RequestExpert],
            new Attempt(questionSequence, true, best.Citation.Confidence, best.Category, best.RequiredSkills, citations));
    }

    private Reply Refused(int questionSequence, Finding finding)
    {
        var nearest = finding.Articles is [var first, ..] ? first : null;
        var confidence = nearest?.Citation.Confidence ?? 0;
        return new Reply(
            phrases.AssistantName,
            phrases.Refused,
            [AskAgain, RequestExpert],
            new Attempt(questionSequence, false, confidence, confidence >= LeastHint ? nearest!.Category : "", [], []));
    }
}
