namespace Relais.Channels.Domain.Assistant;

internal sealed class FrenchVocabulary : Vocabulary
{
    private static readonly string[] Speaking =
    [
        "parler à", "parler avec", "discuter avec", "échanger avec", "joindre", "être mis en relation avec", "être mise en relation avec",
        "mettez-moi en relation avec", "passez-moi", "transférez-moi à", "transférez-moi vers", "être rappelé par", "être rappelée par",
        "être contacté par", "être contactée par", "avoir", "je veux", "je voudrais", "je souhaite", "besoin d'",
    ];

    private static readonly string[] People =
    [
        "un conseiller", "une conseillère", "votre conseiller", "un conseiller client", "un humain", "un être humain", "une vraie personne",
        "une personne réelle", "un opérateur", "une opératrice", "un agent", "un téléconseiller",
    ];

    private static readonly string[] PeopleToSpeakTo = ["quelqu'un", "une personne", "un responsable", "un expert", "un technicien"];

    public override string Greetings => "bonjour bonsoir salut coucou bjr slt rebonjour";

    public override string Thanks => "merci mercis remercie";

    public override string Goodbyes => "revoir adieu bye bientôt";

    public override string Acknowledgements => "ok okay oki accord parfait super génial compris entendu top nickel oui non bien";

    public override string Courtesies =>
        "à au et vous tous toutes le la les monsieur madame messieurs mesdames beaucoup mille infiniment pour votre aide réponse je bonne "
        + "journée soirée d c est ça va comment allez tu vas svp stp s il plaît plait de par avance encore très là un une voudrais veux vers";

    public override string Negations => "pas sans jamais";

    public override string ShortWishes => "conseiller conseillère humain opérateur opératrice téléconseiller";

    public override IEnumerable<string> Wishes =>
    [
        .. Speaking.SelectMany(speaking => People.Select(person => $"{speaking} {person}")),
        .. Speaking.Take(4).SelectMany(speaking => PeopleToSpeakTo.Select(person => $"{speaking} {person}")),
        "parler à un de vos", "parler à l'un de vos", "pas parler à un robot", "pas parler à une machine", "je veux une personne",
        "je veux parler à", "je voudrais une vraie personne", "rappelez-moi", "arrêtez avec votre robot",
    ];

    public override IEnumerable<string> Sensitive =>
    [
        "me suicider", "envie de mourir", "mettre fin à mes jours", "je vais me tuer", "je vais vous tuer", "vous allez le payer",
        "je vais porter plainte", "je porte plainte contre vous", "porterai plainte", "mon avocat", "vous mettre en demeure",
        "je vous mets en demeure", "vous attaquer en justice", "vous poursuivre en justice", "vous traîner en justice", "fuite de gaz chez",
        "odeur de gaz", "ça sent le gaz", "je me suis électrocuté", "il y a le feu",
    ];

    public override IEnumerable<string> Angry =>
    [
        "ras le bol", "j'en ai marre", "en ai assez de vous", "vous vous moquez de moi", "vous vous foutez", "foutage de gueule", "c'est une honte",
        "c'est honteux", "c'est scandaleux", "c'est inadmissible", "c'est inacceptable", "c'est du vol", "vous êtes des voleurs",
        "bande de voleurs", "bande d'escrocs", "vous êtes des escrocs", "bande d'incapables", "incompétents", "je suis furieux",
        "je suis furieuse", "service de merde", "connards", "vous ne servez à rien", "ça ne sert à rien de vous",
    ];
}
