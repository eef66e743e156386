using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.AppHost.Demo;

namespace Relais.AppHost.Play;

/// <summary>The main job from the first question to the figures.</summary>
internal static class MainJobPlay
{
    private static readonly TimeSpan LongestOfferWait = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Stage stage, PublicApi anonymous, JsonObject accounts, string locale, CancellationToken cancellationToken)
    {
        var script = DemoContent.Json("play.json")[locale]!.AsObject();
        var administrator = await PlayCommand.SignInAsync(anonymous, accounts, "administrator", cancellationToken);
        var before = await administrator.GetAsync("/v1/figures", cancellationToken);
        var experts = await stage.StepAsync("experts", "sign in and are available", () => ExpertsAsync(anonymous, accounts, cancellationToken));
        Stage.Say($"{experts.Count} of them");

        var opened = await stage.StepAsync("customer", "opens the web chat", () => anonymous.PostAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat",
            ["locale"] = locale,
            ["customer"] = script["customer"]!.DeepClone(),
            ["requestId"] = Guid.NewGuid().ToString(),
        }, cancellationToken));
        var customer = new Chat(stage, anonymous.As((string)opened["accessToken"]!), (string)opened["conversation"]!["id"]!, cancellationToken);
        foreach (var question in script["selfCare"]!.AsArray())
            await customer.AskAsync((string)question!["question"]!);
        var unanswered = (string)script["unanswered"]!.AsArray()[^1]!;
        await customer.AskAsync(unanswered);

        var ticketId = (string)(await stage.StepAsync("customer", "asks for a person", () => customer.Api.PostAsync(
            $"/v1/conversations/{customer.Id}:requestExpert",
            new JsonObject { ["reason"] = script["requestExpert"]!.DeepClone(), ["requestId"] = Guid.NewGuid().ToString() },
            cancellationToken)))["ticketId"]!;

        var (expert, offer) = await FindExpertAsync(stage, experts, ticketId, cancellationToken);
        foreach (var reason in offer["reasons"]!.AsArray())
            Stage.Say($"because: {reason}");
        await stage.StepAsync("expert", "accepts the offer", () => expert.PostAsync($"/v1/offers/{offer["id"]}:accept", [], cancellationToken));
        var ticket = await stage.StepAsync("expert", "reads the ticket", () => expert.GetAsync($"/v1/tickets/{ticketId}", cancellationToken));
        Stage.Say($"{ticket["number"]}, due {ticket["dueAt"]}, {ticket["thread"]!.AsArray().Count} entries, self-care tried {ticket["selfCare"]!.AsArray().Count} times");

        await ReplyAsync(stage, expert, ticketId, (string)script["expertReply"]!, cancellationToken);
        await customer.ReadUntilAsync(message => (string?)message["author"] == "EXPERT", "the expert's answer");
        await customer.SayAsync((string)script["followUp"]!);
        await ReplyAsync(stage, expert, ticketId, (string)script["expertFollowUp"]!, cancellationToken);
        await customer.ReadUntilAsync(message => (string?)message["author"] == "EXPERT", "the expert's answer");
        await stage.StepAsync("expert", "resolves the ticket", () => expert.PostAsync(
            $"/v1/tickets/{ticketId}:resolve", new JsonObject { ["summary"] = script["resolutionSummary"]!.DeepClone() }, cancellationToken));

        var invitation = await customer.ReadUntilAsync(message => message["survey"] is not null, "the survey");
        var survey = invitation["survey"]!;
        await stage.StepAsync("customer", $"answers it: {script["survey"]!["score"]} of {survey["maximumScore"]}", () => anonymous.PostAsync(
            $"/v1/surveys/{survey["id"]}:answer",
            new JsonObject { ["token"] = survey["token"]!.DeepClone(), ["score"] = script["survey"]!["score"]!.DeepClone(), ["comment"] = script["survey"]!["comment"]!.DeepClone() },
            cancellationToken));

        var decisions = await stage.StepAsync("supervisor", "asks why this expert", () => administrator.GetAsync($"/v1/tickets/{ticketId}/decisions", cancellationToken));
        foreach (var decision in decisions["decisions"]!.AsArray())
            Stage.Say($"{decision!["trigger"]}: {decision["explanation"]}");
        var after = await stage.StepAsync("supervisor", "reads the figures", () => FiguresAfterAsync(administrator, before, cancellationToken));
        Compare(before, after);
    }

    private static async Task<IReadOnlyList<(string Name, PublicApi Api)>> ExpertsAsync(PublicApi anonymous, JsonObject accounts, CancellationToken cancellationToken) =>
        await Task.WhenAll(accounts["accounts"]!.AsArray().Where(entry => entry!["roles"]!.AsArray().Any(name => (string)name! == "expert")).Select(async entry =>
        {
            var api = await anonymous.SignInAsync((string)accounts["tenant"]!, (string)entry!["email"]!, (string)entry["password"]!, cancellationToken);
            await api.PutAsync("/v1/experts/me/presence", new JsonObject { ["state"] = "AVAILABLE" }, cancellationToken);
            return ((string)entry["displayName"]!, api);
        }));

    // Each expert waits for an offer; the first that comes shows who is the most qualified.
    private static async Task<(PublicApi Expert, JsonObject Offer)> FindExpertAsync(
        Stage stage, IReadOnlyList<(string Name, PublicApi Api)> experts, string ticketId, CancellationToken cancellationToken)
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (name, expert, offer) = await stage.StepAsync("routing", "offers the ticket", async () =>
        {
            var waits = experts.Select(async entry => (entry.Name, entry.Api, Offer: await OfferOfAsync(entry.Api, ticketId, found.Token))).ToList();
            while (waits.Count > 0)
            {
                var first = await Task.WhenAny(waits);
                waits.Remove(first);
                if ((await first).Offer is { } mine)
                    return ((await first).Name, (await first).Api, mine);
            }

            throw new PlayException($"nobody was offered the ticket within {LongestOfferWait.TotalSeconds} s.");
        });
        await found.CancelAsync();
        Stage.Say($"to {name}");
        return (expert, offer);
    }

    // A poll ends at once for who has an offer of another matter; that one may be the next in turn for this one too.
    private static async Task<JsonObject?> OfferOfAsync(PublicApi expert, string ticketId, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            while (Stopwatch.GetElapsedTime(began) < LongestOfferWait)
            {
                var offers = (await expert.GetAsync("/v1/offers?expert=me&waitSeconds=30", cancellationToken))["offers"]!.AsArray();
                if (offers.FirstOrDefault(offer => (string)offer!["ticketId"]! == ticketId) is { } mine)
                    return mine.AsObject();
                if (offers.Count > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Somebody else has the offer.
        }

        return null;
    }

    private static Task<JsonObject> ReplyAsync(Stage stage, PublicApi expert, string ticketId, string text, CancellationToken cancellationToken) =>
        stage.StepAsync("expert", $"answers: {text}", () => expert.PostAsync(
            $"/v1/tickets/{ticketId}/replies", new JsonObject { ["text"] = text, ["requestId"] = Guid.NewGuid().ToString() }, cancellationToken));

    // The survey's answer reaches the figures by an event.
    private static async Task<JsonObject> FiguresAfterAsync(PublicApi supervisor, JsonObject before, CancellationToken cancellationToken)
    {
        var answered = (int)before["counts"]!["surveysAnswered"]! + 1;
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var figures = await supervisor.GetAsync("/v1/figures", cancellationToken);
            if ((int)figures["counts"]!["surveysAnswered"]! >= answered)
                return figures;
            await Task.Delay(20, cancellationToken);
        }

        throw new PlayException("the figures did not move within 2 s.");
    }

    private static void Compare(JsonObject before, JsonObject after)
    {
        foreach (var (name, value) in after.Where(figure => figure.Value is JsonValue))
        {
            var was = before[name] is { } old ? Round(old) : "–";
            if (value!.GetValueKind() == System.Text.Json.JsonValueKind.Number)
                Stage.Say($"{name}: {was} → {Round(value)}");
        }

        if (after["firstResponseSeconds"] is JsonObject first)
            Stage.Say($"firstResponseSeconds: p50 {Round(first["p50"]!)}, p90 {Round(first["p90"]!)}, mean {Round(first["mean"]!)}");
    }

    private static string Round(JsonNode number) => ((double)number).ToString("0.###", CultureInfo.InvariantCulture);
}
