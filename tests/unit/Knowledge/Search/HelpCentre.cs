using Relais.Knowledge.Domain.Search;

namespace Relais.Unit.Knowledge.Search;

/// <summary>A small help centre of an electricity and internet provider.</summary>
internal static class HelpCentre
{
    public static readonly ArticleDocument[] French =
    [
        Article("bill", "Comprendre ma facture", "Votre facture d'électricité montre l'abonnement, la consommation et les taxes. Elle paraît tous les deux mois dans votre espace client.", "Où trouver ma facture ?"),
        Article("box", "Ma box internet est en panne", "Éteignez la box, attendez dix secondes et rallumez-la. Si le voyant reste rouge, le réseau est en dérangement.", "Je n'ai plus internet", "Le voyant de la box est rouge"),
        Article("password", "Mot de passe oublié", "Choisissez « mot de passe oublié » sur la page de connexion : un lien vous est envoyé par courriel.", "Je n'arrive plus à me connecter à mon compte"),
        Article("moving", "Je déménage", "Prévenez-nous quinze jours avant votre départ : nous fermons un contrat et ouvrons l'autre à la nouvelle adresse.", "Comment transférer mon contrat ?"),
        Article("cancel", "Résilier mon contrat", "La résiliation prend effet dix jours après la réception de votre demande. Elle est sans frais.", "Je veux arrêter mon abonnement"),
        Article("meter", "Relever mon compteur", "Relevez les chiffres noirs de votre compteur et transmettez-les avant le 20 du mois.", "Comment faire une relève ?"),
        Article("debit", "Le prélèvement automatique", "Le prélèvement a lieu le 5 du mois. Changez votre RIB dans votre espace client.", "Changer mes coordonnées bancaires"),
        Article("credits", "Gestes commerciaux", "Jusqu'à vingt euros, sans accord du responsable.") with { Audience = Audiences.Internal },
        Article("business", "TVA des entreprises : pièces comptables", "Une facture par site, avec le numéro de TVA.") with { Audience = "professionnels" },
    ];

    public static readonly ArticleDocument[] English =
    [
        new("en-outage", 3, "en", "Power cut: what to do", "Check your main switch first. If the whole street is dark, the network operator is at work.", "outages", null, ["My electricity is gone"]),
        new("en-router", 1, "en-GB", "The router shows a red light", "Switch the router off, wait ten seconds and switch it on again.", "internet", null, ["wifi not working"]),
    ];

    public static SearchIndex Index()
    {
        var index = new SearchIndex();
        index.Put([.. French, .. English]);
        return index;
    }

    public static ArticleDocument Article(string id, string title, string body, params string[] questions) =>
        new(id, 1, "fr", title, body, "help", null, questions);
}
