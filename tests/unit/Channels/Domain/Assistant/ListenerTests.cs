using System.Text.Json;
using System.Text.RegularExpressions;
using Relais.Channels.Domain.Assistant;

namespace Relais.Unit.Channels.Domain.Assistant;

public sealed partial class ListenerTests
{
    [Theory]
    [InlineData("Bonjour", "Greeting")]
    [InlineData("bonjour !", "Greeting")]
    [InlineData("Bonsoir madame", "Greeting")]
    [InlineData("Salut, ça va ?", "Greeting")]
    [InlineData("Hello there", "Greeting")]
    [InlineData("good morning", "Greeting")]
    [InlineData("merci", "Thanks")]
    [InlineData("Merci beaucoup pour votre aide !", "Thanks")]
    [InlineData("ok merci", "Thanks")]
    [InlineData("Thank you so much", "Thanks")]
    [InlineData("thanks :)", "Thanks")]
    [InlineData("Au revoir", "Goodbye")]
    [InlineData("merci, au revoir", "Goodbye")]
    [InlineData("bye bye", "Goodbye")]
    [InlineData("ok", "Acknowledgement")]
    [InlineData("d'accord", "Acknowledgement")]
    [InlineData("👍", "Acknowledgement")]
    [InlineData("???", "Acknowledgement")]
    public void Hear_small_talk_tells_its_kind(string text, string expected) => Assert.Equal(expected, Listener.Hear(text).ToString());

    [Theory]
    [InlineData("Bonjour, le voyant de mon routeur est rouge fixe, qu'est-ce que ça veut dire ?")]
    [InlineData("merci mais ma facture est trop élevée")]
    [InlineData("Hello, my router is red")]
    [InlineData("ma facture")]
    [InlineData("Comment obtenir une aide au paiement ?")]
    [InlineData("Comment contacter le médiateur de l'énergie ?")]
    [InlineData("Où porter plainte ?")]
    [InlineData("J'ai reçu un SMS frauduleux, est-ce une arnaque ?")]
    [InlineData("How do I file a complaint?")]
    [InlineData("Can the technician come on Saturday?")]
    [InlineData("مرحبا كيف أدفع فاتورتي")]
    public void Hear_anything_else_is_a_question(string text) => Assert.Equal(Remark.Question, Listener.Hear(text));

    [Theory]
    [InlineData("je veux parler à un conseiller")]
    [InlineData("Je voudrais parler à quelqu'un, s'il vous plaît, je n'ose plus m'approcher.")]
    [InlineData("Puis-je échanger avec une vraie personne ?")]
    [InlineData("un conseiller svp")]
    [InlineData("CONSEILLER")]
    [InlineData("human please")]
    [InlineData("I'd like to talk to someone please, I daren't go near it any more.")]
    [InlineData("let me speak to a real person")]
    [InlineData("agent")]
    public void Hear_a_wish_for_a_person(string text) => Assert.Equal(Remark.WantsPerson, Listener.Hear(text));

    [Theory]
    [InlineData("Je ne veux pas parler à un conseiller, dites-moi juste le prix")]
    [InlineData("I don't want to talk to a human, just tell me the price")]
    public void Hear_a_wish_turned_around_is_none(string text) => Assert.Equal(Remark.Question, Listener.Hear(text));

    [Theory]
    [InlineData("Je vais porter plainte contre vous !", "Sensitive")]
    [InlineData("Mon avocat vous écrira.", "Sensitive")]
    [InlineData("I will sue you", "Sensitive")]
    [InlineData("J’ai envie de mourir", "Sensitive")]
    [InlineData("C'est inadmissible, ça fait trois semaines !", "Angry")]
    [InlineData("vous êtes des voleurs", "Angry")]
    [InlineData("I am fed up with this", "Angry")]
    public void Hear_threats_and_anger(string text, string expected) => Assert.Equal(expected, Listener.Hear(text).ToString());

    [Fact]
    public void Hear_the_demo_articles_example_questions_as_questions()
    {
        var folder = Path.Combine(Root(), "apphost", "Demo", "content", "articles");
        const string Key = "questions: ";
        var questions = Directory.GetFiles(folder, "*.md").SelectMany(File.ReadAllLines).Where(line => line.StartsWith(Key, StringComparison.Ordinal))
            .SelectMany(line => JsonSerializer.Deserialize<string[]>(line[Key.Length..])!).ToList();
        Assert.NotEmpty(questions);
        // An article tells who speaks to managers; whoever says so here gets a person all the same.
        bool AsksForAPerson(string question) => question.Contains("speak to a", StringComparison.Ordinal) || question.Contains("parler a un", StringComparison.Ordinal);
        Assert.DoesNotContain(questions, question => !AsksForAPerson(question) && Listener.Hear(question) != Remark.Question);
    }

    [Fact]
    public void Hear_real_questions_about_personal_data_as_questions()
    {
        var file = Path.Combine(Root(), "..", "shared", "data", "cnil_fr", "queries.tsv");
        if (!File.Exists(file))
            Assert.Skip("There is no ../shared/data/cnil_fr/queries.tsv: put the data set beside the repository.");
        var questions = File.ReadAllLines(file).SelectMany(line => line.Split('\t')).Where(cell => Letters().IsMatch(cell)).ToList();
        Assert.DoesNotContain(questions, question => Listener.Hear(question) is Remark.Sensitive or Remark.Angry or Remark.WantsPerson);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Platform.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Platform.sln is in no folder above the tests.");
        return folder;
    }

    [GeneratedRegex(@"\p{L}{3}.* ")]
    private static partial Regex Letters();
}
