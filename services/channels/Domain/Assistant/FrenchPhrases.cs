namespace Relais.Channels.Domain.Assistant;

internal sealed class FrenchPhrases : Phrases
{
    public override string AssistantName => "Assistant";

    public override string Greeting => "Bonjour ! Posez-moi votre question, je cherche la réponse dans nos articles.";

    public override string Thanks => "Avec plaisir ! Si tout est réglé, vous pouvez le confirmer ; sinon, posez-moi une autre question.";

    public override string Goodbye => "Au revoir, et à bientôt !";

    public override string Acknowledgement => "Je vous écoute : quelle est votre question ?";

    public override string Refused =>
        "Je n'ai pas trouvé de réponse sûre à cette question, et je préfère ne pas deviner. "
        + "Vous pouvez la formuler autrement, avec quelques mots de plus, ou parler à un conseiller.";

    public override string Unavailable =>
        "Je n'arrive pas à consulter nos articles pour le moment. Vous pouvez réessayer dans un instant ou parler à un conseiller.";

    public override string ConfirmSolved => "Mon problème est réglé";

    public override string AskAgain => "Poser une autre question";

    public override string RequestExpert => "Parler à un conseiller";

    public override string Answer(string title, string snippet) =>
        $"Voici ce que dit notre article « {title} » :\n\n{snippet}\n\nEst-ce que cela répond à votre question ?";

    public override string HandedOver(string cause) => cause switch
    {
        HandOverCause.RepeatedFailure =>
            "Je n'ai pas pu vous aider, je passe donc la main à un conseiller. Il aura toute notre conversation sous les yeux : vous n'aurez rien à répéter.",
        HandOverCause.SensitiveTopic or HandOverCause.AngryCustomer =>
            "Votre situation mérite l'attention d'une personne. Un conseiller reprend la conversation ; il a sous les yeux tout ce que vous avez déjà dit.",
        _ => "Un conseiller reprend la conversation. Il a sous les yeux tout ce que vous avez déjà dit : vous n'aurez rien à répéter.",
    };

    public override string EarlierMessages(int count) => count == 1
        ? "1 message plus ancien n'est pas repris ici ; il est dans la conversation."
        : $"{count} messages plus anciens ne sont pas repris ici ; ils sont dans la conversation.";

    public override string TicketOpened(string number) => $"Votre demande porte le numéro {number}. Vous pouvez continuer à écrire ici en attendant.";

    public override string TicketAssigned(string expertName) => $"{expertName} s'occupe de votre demande.";

    public override string TicketResolved(string number) =>
        $"Votre demande {number} est résolue. Si ce n'est pas le cas, écrivez-nous ici et elle sera rouverte.";

    public override string SurveySent(int minimumScore, int maximumScore) =>
        $"Comment cela s'est-il passé ? Donnez-nous une note de {minimumScore} à {maximumScore}.";
}
