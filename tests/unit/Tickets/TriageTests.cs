using Relais.Tickets.Domain;

namespace Relais.Unit.Tickets;

public sealed class TriageTests
{
    private static readonly Triage Triage = new(["tuyau percé"], ["chipoter*"]);

    [Theory]
    [InlineData("Il y a une ODEUR DE GAZ dans l'entrée !")]
    [InlineData("une   odeur\nde gaz")]
    [InlineData("Mon compteur fait des étincelles")]
    [InlineData("J'ai été electrocuté")]
    [InlineData("I can smell gas in the kitchen")]
    [InlineData("The meter is on fire")]
    [InlineData("There’s a burning smell from the socket")]
    [InlineData("le tuyau perce")]
    public void Danger_is_urgent(string text) => Assert.Equal(TicketPriority.Urgent, Triage.PriorityOf("customer", ["Bonjour", text]));

    [Theory]
    [InlineData("C'est inadmissible, trois semaines sans Internet")]
    [InlineData("J’en ai marre")]
    [InlineData("This is unacceptable")]
    [InlineData("I'm fed up")]
    [InlineData("arrêtez de chipoter")]
    public void Anger_is_high(string text) => Assert.Equal(TicketPriority.High, Triage.PriorityOf("customer", [text]));

    [Theory]
    [InlineData("Vendez-vous aussi des bouteilles de gaz ?")]
    [InlineData("Le pare-feu de ma box bloque un jeu")]
    [InlineData("Firefox does not open the bill")]
    [InlineData("Il y a un nid de guêpes dans le coffret devant ma haie")]
    [InlineData("🔥🔥🔥")]
    [InlineData("")]
    public void Anything_else_is_normal(string text) => Assert.Equal(TicketPriority.Normal, Triage.PriorityOf("customer", [text]));

    [Fact]
    public void Repeated_failure_is_high_and_danger_comes_before_it()
    {
        Assert.Equal(TicketPriority.High, Triage.PriorityOf("repeated_failure", ["le wifi"]));
        Assert.Equal(TicketPriority.Urgent, Triage.PriorityOf("repeated_failure", ["fuite de gaz"]));
    }
}
