namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>French: grammar words, elisions, kinds of question. The synonyms are in <see cref="FrenchSynonyms"/>.</summary>
internal static class French
{
    private const string Stops =
        """
        a ai as au aux avec c ce cela ces cet cette ceux ca d dans de des du donc dont elle elles en es est et eu eux
        il ils j je l la le les leur leurs lui m ma me mais mes moi mon n ne ni nos notre nous on ont or ou par pas
        pour qu que qui s sa se ses si soi son sont sur t ta te tes toi ton tu un une vos votre vous y sera etre ete
        etes suis sommes etait etaient soit avait avaient avez avons aura ait aie quel quelle quels quelles quoi lors
        tres plus moins aussi alors ainsi comme car entre vers chez sans sous lequel laquelle lesquels lesquelles
        meme memes tout tous toute toutes cest jai aujourd hui lorsque puisque quand ici la-bas cela ceci
        """;

    private const string Commons =
        """
        comment pourquoi combien ou faire fait fais faites font faut falloir puis peut peux pouvez peuvent pouvoir
        pourrais pourrait pourrai dois doit devez doivent devoir devrais veux veut voulez vouloir voudrais souhaite
        souhaitez souhaiter aimerais sais sait savoir avoir besoin aide aider aidez bonjour bonsoir merci svp salut
        please dire dit dis dites question questions chose choses quelque quelques autre autres bien mal cas est-ce
        concernant propos sujet possible possibilite existe exister possede obtenir trouver trouve utiliser vais va
        aller allez vient venir mettre met mis prendre pris prend donner donne donnez encore deja toujours jamais
        apres avant depuis pendant jusque maintenant afin etc chaque certains certaines plusieurs celui celle veuillez
        probleme problemes souci soucis marche marcher regles regle savez connaitre passe-t-il arrive
        """;

    public static readonly Language Language = new(
        "fr",
        FrenchStemmer.Stem,
        Words(Stops),
        Words(Commons),
        ["l", "d", "qu", "j", "n", "s", "c", "m", "t", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu", "entr"],
        [],
        new Dictionary<string, string[]>
        {
            ["definition"] =
            [
                "c est quoi", "est quoi", "qu est ce que c est", "qu est ce que", "qu est ce qu", "est ce que c est",
                "est ce qu on appelle", "ce que c est", "definition", "que signifie", "que veut dire", "ca veut dire quoi",
                "veut dire quoi", "a quoi sert", "a quoi ca sert", "a quoi correspond", "quelle est la signification",
                "c est qui", "ca sert a quoi", "sert a quoi", "c etait quoi", "qu entend on par", "qu appelle t on",
            ],
            ["duration"] =
            [
                "combien de temps", "combien de jours", "combien de mois", "quelle duree", "quel delai", "quels delais",
                "quelle est la duree", "dans combien de temps", "pendant combien", "duree", "delai",
            ],
            ["price"] = ["combien coute", "combien ca coute", "quel prix", "quel est le prix", "quel tarif", "quel est le tarif", "combien"],
            ["reason"] = ["pourquoi", "pour quelle raison", "pour quelles raisons", "raison", "raisons", "pour quel motif"],
            ["person"] = ["qui peut", "qui a le droit", "qui est autorise", "qui doit", "qui"],
            ["place"] = ["ou puis je", "ou trouver", "ou est", "ou se trouve", "ou dois je", "ou"],
            ["time"] = ["quand", "a quel moment", "a partir de quand", "quelle date"],
            ["duty"] = ["faut il", "dois je", "doit on", "est il obligatoire", "est ce obligatoire", "obligatoire", "est elle necessaire"],
            ["right"] =
            [
                "peut on", "puis je", "peut il", "peut elle", "peuvent ils", "a t on le droit", "ai je le droit", "est il possible",
                "a le droit", "ont le droit", "peut etre", "est ce possible", "est il autorise", "est ce autorise",
            ],
            ["action"] = ["que faire", "que dois je faire", "comment faire", "comment reagir", "que puis je faire", "que doivent faire"],
        },
        FrenchSynonyms.Groups);

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
