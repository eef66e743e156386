using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.EndToEnd;

/// <summary>The main job through the public face.</summary>
public abstract class MainJob(SharedPlatform platform) : ModeSuite(platform)
{
    [Fact]
    public async Task Assistant_answers_from_an_article_that_exists_and_offers_what_to_do_next()
    {
        var chat = await Platform.OpenAsync();
        await chat.SayAsync("Le voyant de mon routeur est rouge fixe, qu'est-ce que ça veut dire ?");
        var answer = await chat.ReadUntilAsync(message => (string)message["author"]! == "ASSISTANT");
        Assert.Equal(2, (int)answer["sequence"]!);
        var citation = answer["citations"]![0]!;
        var article = await Platform.Administrator.GetAsync($"/v1/articles/{citation["articleId"]}?version={citation["version"]}", Stop);
        Assert.Equal((string)article["title"]!, (string)citation["title"]!);
        Assert.Equal("router-lights", (string)article["externalId"]!);
        Assert.InRange((double)citation["confidence"]!, 0.01, 1);
        Assert.Equal(["ASK_AGAIN", "CONFIRM_SOLVED", "REQUEST_EXPERT"], answer["choices"]!.AsArray().Select(choice => (string)choice!["action"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Assistant_refuses_what_no_article_answers()
    {
        var chat = await Platform.OpenAsync("en");
        await chat.SayAsync("Who won the chess world championship in 1972?");
        var answer = await chat.ReadUntilAsync(message => (string)message["author"]! == "ASSISTANT");
        Assert.Empty(answer["citations"]!.AsArray());
        Assert.DoesNotContain(answer["choices"]!.AsArray(), choice => (string)choice!["action"]! == "CONFIRM_SOLVED");
    }

    [Fact]
    public async Task Matter_goes_from_a_question_to_an_expert_a_resolution_a_survey_and_the_figures()
    {
        var before = await Platform.Administrator.GetAsync("/v1/figures", Stop);
        var chat = await Platform.OpenAsync();
        await chat.SayAsync("Comment lire ma facture ?");
        await chat.ReadUntilAsync(message => (string)message["author"]! == "ASSISTANT");
        var ticketId = await chat.RequestExpertAsync();
        var (expert, offer) = await Platform.OfferOfAsync(ticketId);
        Assert.NotEmpty(offer["reasons"]!.AsArray());
        await expert.PostAsync($"/v1/offers/{offer["id"]}:accept", [], Stop);

        var ticket = await expert.GetAsync($"/v1/tickets/{ticketId}", Stop);
        Assert.Equal("ASSIGNED", (string)ticket["state"]!);
        Assert.Matches("^T-[0-9]+$", (string)ticket["number"]!);
        Assert.Equal("Alix Moreau", (string)ticket["customer"]!["displayName"]!);
        Assert.Contains(ticket["thread"]!.AsArray(), entry => (string)entry!["text"]! == "Comment lire ma facture ?");
        Assert.Equal("Comment lire ma facture ?", (string)ticket["selfCare"]![0]!["question"]!);
        Assert.True(DateTimeOffset.Parse((string)ticket["dueAt"]!, null) > DateTimeOffset.UtcNow);

        await expert.PostAsync($"/v1/tickets/{ticketId}/replies", new JsonObject { ["text"] = "Bonjour, je regarde votre facture 🙂.", ["requestId"] = Guid.NewGuid().ToString() }, Stop);
        var reply = await chat.ReadUntilAsync(message => (string)message["author"]! == "EXPERT");
        Assert.Equal("Bonjour, je regarde votre facture 🙂.", (string)reply["text"]!);
        await chat.SayAsync("Merci beaucoup !");
        await expert.PostAsync($"/v1/tickets/{ticketId}:resolve", new JsonObject { ["summary"] = "Facture expliquée." }, Stop);
        var survey = (await chat.ReadUntilAsync(message => message["survey"] is not null))["survey"]!;
        await Platform.Anonymous.PostAsync($"/v1/surveys/{survey["id"]}:answer", new JsonObject { ["token"] = (string)survey["token"]!, ["score"] = 5, ["comment"] = "Parfait" }, Stop);

        var messages = await chat.ReadAllAsync();
        Assert.Equal(Enumerable.Range(1, messages.Count), messages.Select(message => (int)message!["sequence"]!));
        Assert.Single(messages, message => (string)message!["author"]! == "ASSISTANT");
        var decisions = (await expert.GetAsync($"/v1/tickets/{ticketId}/decisions", Stop))["decisions"]!.AsArray();
        Assert.Contains(decisions, decision => (string)decision!["chosen"]! == (string)ticket["assignedExpertId"]!);
        await EventuallyAsync(async () =>
        {
            var after = await Platform.Administrator.GetAsync("/v1/figures", Stop);
            return (int)after["counts"]!["surveysAnswered"]! > (int)before["counts"]!["surveysAnswered"]!
                && (int)after["counts"]!["ticketsResolved"]! > (int)before["counts"]!["ticketsResolved"]!
                && after["csat"] is not null && after["firstResponseSeconds"]!["count"]!.GetValue<int>() > 0;
        });
    }

    [Fact]
    public async Task Assistant_is_silent_once_a_person_owns_the_conversation()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        await chat.SayAsync("Comment lire ma facture ?");
        await chat.SayAsync("Vous êtes là ?");
        var (expert, offer) = await Platform.OfferOfAsync(ticketId);
        await expert.PostAsync($"/v1/offers/{offer["id"]}:accept", [], Stop);
        await EventuallyAsync(async () => (string)(await Platform.TicketAsync(ticketId))["state"]! == "ASSIGNED");
        await expert.PostAsync($"/v1/tickets/{ticketId}/replies", new JsonObject { ["text"] = "Oui, je vous lis.", ["requestId"] = Guid.NewGuid().ToString() }, Stop);
        // It comes by the queue from which the assistant takes what customers say, long after both messages did.
        await chat.ReadUntilAsync(message => (string)message["author"]! == "EXPERT");
        Assert.DoesNotContain(await chat.ReadAllAsync(), message => (string)message!["author"]! == "ASSISTANT");
    }

    [Fact]
    public async Task Same_email_in_two_conversations_is_one_customer()
    {
        var email = $"{Guid.NewGuid():N}@client.example";
        var first = await Platform.OpenAsync(email: email);
        var second = await Platform.OpenAsync(email: email.ToUpperInvariant());
        Assert.Equal((string)first.Opened["conversation"]!["customerId"]!, (string)second.Opened["conversation"]!["customerId"]!);
    }

    [Fact]
    public async Task Tier_of_a_customer_counts_for_the_matters_that_they_bring_from_then_on()
    {
        var email = $"{Guid.NewGuid():N}@client.example";
        var customer = (string)(await Platform.OpenAsync(email: email)).Opened["conversation"]!["customerId"]!;
        Assert.Equal("STANDARD", (string)(await Platform.Administrator.GetAsync($"/v1/customers/{customer}", Stop))["tier"]!);
        var changed = await Platform.Administrator.SendAsync(HttpMethod.Patch, $"/v1/customers/{customer}", new JsonObject { ["tier"] = "VIP" }, Stop);
        Assert.Equal("VIP", (string)changed["tier"]!);
        var chat = await Platform.OpenAsync(email: email);
        var ticket = await Platform.TicketAsync(await chat.RequestExpertAsync());
        Assert.Equal("VIP", (string)ticket["customer"]!["tier"]!);
    }

    [Fact]
    public async Task Self_care_that_worked_closes_the_conversation()
    {
        var chat = await Platform.OpenAsync();
        await chat.SayAsync("Comment lire ma facture ?");
        await chat.ReadUntilAsync(message => (string)message["author"]! == "ASSISTANT");
        var closed = await chat.Api.PostAsync($"/v1/conversations/{chat.Id}:confirmSolved", [], Stop);
        Assert.Equal("CLOSED", (string)closed["state"]!);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => chat.SayAsync("Encore une chose"));
        Assert.Equal("conversation.closed", refused.Code);
    }

    [Fact]
    public async Task Customer_who_writes_after_the_resolution_reopens_the_ticket()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        var (expert, offer) = await Platform.OfferOfAsync(ticketId);
        await expert.PostAsync($"/v1/offers/{offer["id"]}:accept", [], Stop);
        await expert.PostAsync($"/v1/tickets/{ticketId}:resolve", new JsonObject { ["summary"] = "Réglé" }, Stop);
        await chat.ReadUntilAsync(message => message["survey"] is not null);
        await chat.SayAsync("Cela recommence !");
        await EventuallyAsync(async () => (int)(await expert.GetAsync($"/v1/tickets/{ticketId}", Stop))["reopenCount"]! == 1);
    }

    [Fact]
    public async Task Declined_offer_goes_to_somebody_else()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        var (first, offer) = await Platform.OfferOfAsync(ticketId);
        await first.PostAsync($"/v1/offers/{offer["id"]}:decline", new JsonObject { ["reason"] = "Je pars déjeuner" }, Stop);
        var (second, next) = await Platform.OfferOfAsync(ticketId);
        Assert.NotEqual((string)offer["expertId"]!, (string)next["expertId"]!);
        await second.PostAsync($"/v1/offers/{next["id"]}:accept", [], Stop);
    }
}

[Collection<EmbeddedPlatform>]
public sealed class EmbeddedMainJob(EmbeddedPlatform platform) : MainJob(platform);

[Collection<LocalPlatform>]
public sealed class LocalMainJob(LocalPlatform platform) : MainJob(platform);
