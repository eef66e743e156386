namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>French: grammar words (folded), elisions, kinds of question. The synonyms are in <see cref="FrenchSynonyms"/>.</summary>
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
        hier demain soir matin midi nuit jour jours semaine semaines mois an ans annee annees temps moment heure heures
        fois peu beaucoup trop assez vraiment normal normale bon bonne grand grande petit petite nouveau nouvelle dernier
        derniere premier premiere prochain prochaine seul seule gens personne personnes monsieur madame pere mere mari
        femme fils fille ami voici voila oui non rien tant tellement simplement juste suite place part fin debut
        demander demande demandez parler parle penser pense croire crois rester reste restent sert servir sers rendre
        envie idee type sorte exemple information informations infos info
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
                "c'est quoi", "qu'est-ce que", "qu'est-ce qu'", "qu'est-ce que c'est", "est quoi", "définition",
                "que signifie", "que veut dire", "veut dire quoi", "veulent dire quoi", "signification",
                "à quoi sert", "à quoi ça sert", "ça sert à quoi", "sert à quoi", "à quoi correspond", "c'était quoi",
                "c'est qui", "qu'entend-on par", "qu'appelle-t-on", "en quoi consiste",
            ],
            ["duration"] =
            [
                "combien de temps", "combien de jours", "combien de mois", "quelle durée", "quel délai", "quels délais",
                "durée", "délai", "pendant combien",
            ],
            ["price"] = ["combien coûte", "combien ça coûte", "quel prix", "quel est le prix", "quel tarif", "quel est le tarif", "combien"],
            ["reason"] = ["pourquoi", "pour quelle raison", "pour quelles raisons", "raison", "raisons", "pour quel motif"],
            ["person"] = ["qui peut", "qui a le droit", "qui est autorisé", "qui doit", "qui"],
            ["place"] = ["où puis-je", "où trouver", "où est", "où se trouve", "où dois-je"],
            ["time"] = ["quand", "à quel moment", "à partir de quand", "quelle date"],
            ["duty"] =
            [
                "faut-il", "dois-je", "doit-on", "doit-il", "doit-elle", "doivent-ils", "doivent-elles",
                "est-il obligatoire", "est-ce obligatoire", "obligatoire", "obligation", "est-elle nécessaire",
            ],
            ["right"] =
            [
                "peut-on", "puis-je", "peut-il", "peut-elle", "peuvent-ils", "peuvent-elles", "a-t-on le droit",
                "ai-je le droit", "a le droit", "ont le droit", "est-il possible", "est-ce possible", "est-il autorisé",
                "est-ce autorisé",
            ],
            ["action"] = ["que faire", "que dois-je faire", "comment faire", "comment réagir", "que puis-je faire", "que doivent faire"],
        },
        FrenchSynonyms.Groups,
        FrenchSynonyms.Equivalents);

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
