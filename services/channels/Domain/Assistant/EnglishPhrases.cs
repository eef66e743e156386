namespace Relais.Channels.Domain.Assistant;

internal sealed class EnglishPhrases : Phrases
{
    public override string AssistantName => "Assistant";

    public override string Greeting => "Hello! Ask me your question and I will look for the answer in our articles.";

    public override string Thanks => "You're welcome! If everything is settled you can confirm it; otherwise, ask me another question.";

    public override string Goodbye => "Goodbye, and see you soon!";

    public override string Acknowledgement => "I'm listening: what is your question?";

    public override string Refused =>
        "I found no answer to this question that I am sure of, and I would rather not guess. "
        + "You can put it differently, with a few more words, or talk to someone.";

    public override string Unavailable =>
        "I cannot look into our articles at the moment. You can try again shortly or talk to someone.";

    public override string ConfirmSolved => "My problem is solved";

    public override string AskAgain => "Ask another question";

    public override string RequestExpert => "Talk to someone";

    public override string Answer(string title, string snippet) =>
        $"This is what our article “{title}” says:\n\n{snippet}\n\nDoes this answer your question?";

    public override string HandedOver(string cause) => cause switch
    {
        HandOverCause.RepeatedFailure =>
            "I could not help you, so I am handing over to one of our advisers. They will have our whole conversation in front of them: you will not have to repeat anything.",
        HandOverCause.SensitiveTopic or HandOverCause.AngryCustomer =>
            "This deserves a person's attention. One of our advisers is taking over the conversation, with everything you have already said in front of them.",
        _ => "One of our advisers is taking over the conversation, with everything you have already said in front of them: you will not have to repeat anything.",
    };

    public override string EarlierMessages(int count) =>
        count == 1 ? "There is 1 earlier message; it is in the conversation." : $"There are {count} earlier messages; they are in the conversation.";

    public override string TicketOpened(string number) => $"Your request has the number {number}. You can go on writing here while you wait.";

    public override string TicketAssigned(string expertName) => $"{expertName} is taking care of your request.";

    public override string TicketResolved(string number) =>
        $"Your request {number} is resolved. If it is not, write to us here and it will be opened again.";

    public override string SurveySent(int minimumScore, int maximumScore) =>
        $"How was it? Give us a score from {minimumScore} to {maximumScore}.";
}
