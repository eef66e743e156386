using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>
/// A customer who asks, wants a person, writes on without waiting, thanks them or confirms that it is solved, and fills in
/// the survey; every third matter comes up again after that. Now and then the assistant alone solves one. Then comes the next.
/// </summary>
/// <param name="seed">Of what becomes of their matters.</param>
internal sealed class Customer(PublicApi anonymous, int index, int seed)
{
    /// <summary>Begins the message after which the expert may resolve the matter.</summary>
    public const string Thanks = "Merci";

    public async Task ComeBackUntilAsync(Journal journal, CancellationToken enough, CancellationToken over)
    {
        var visit = 0;
        do
        {
            // Of three customers, the fewest that there are, each has a number of their own.
            var number = (seed & 0xFFFF) + index + (3 * visit);
            var name = string.Create(CultureInfo.InvariantCulture, $"{index}.{visit}");
            if (number % 4 == 0)
                await SolveAloneAsync(journal, $"{name}, seul", over);
            await VisitAsync(journal, name, number, comesUpAgain: (index + visit) % 3 == 0, over);
            visit++;
        }
        while (!enough.IsCancellationRequested);
    }

    private async Task SolveAloneAsync(Journal journal, string name, CancellationToken over)
    {
        var record = await OpenAsync(journal, name, over);
        await AskAsync(record, seen: 0, $"Comment lire ma facture ? ({name})", over);
        await ConfirmAsync(record, over);
        record.Stage = ConversationRecord.Served;
    }

    private async Task VisitAsync(Journal journal, string name, int number, bool comesUpAgain, CancellationToken over)
    {
        var record = await OpenAsync(journal, name, over);
        var seen = await AskAsync(record, seen: 0, $"Comment lire ma facture ? ({name} é 🙂)", over);
        seen = await AskAsync(record, seen, $"Et pour changer la date de prélèvement ? ({name})", over);
        record.Stage = "asks for an expert";
        record.ComesUp(Course.Of(number));
        var answer = await Persistent.PostAsync(record.Api, $"/v1/conversations/{record.Id}:requestExpert", new JsonObject { ["reason"] = name }, over);
        journal.Note(record, (string)answer["ticketId"]!);
        foreach (var more in (string[])["C'est pour mon appartement.", "Pas pour ma maison.", "Voilà tout."])
            await SayAsync(record, $"{more} ({name})", over);
        seen = await BeServedAsync(record, seen, name, over);
        if (comesUpAgain)
        {
            record.ComesUp(Course.Of(number + 1));
            await SayAsync(record, $"En fait, cela ne marche toujours pas. ({name})", over);
            await BeServedAsync(record, seen, $"{name}, encore", over);
        }

        record.Stage = ConversationRecord.Served;
    }

    private async Task<ConversationRecord> OpenAsync(Journal journal, string name, CancellationToken over)
    {
        var opened = await Persistent.PostAsync(anonymous, "/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat",
            ["locale"] = "fr",
            ["customer"] = new JsonObject { ["displayName"] = $"Client {name}", ["email"] = $"client-{name.Replace(", ", "-", StringComparison.Ordinal)}@faults.example" },
        }, over);
        return journal.Open((string)opened["conversation"]!["id"]!, anonymous.As((string)opened["accessToken"]!));
    }

    private static async Task<int> AskAsync(ConversationRecord record, int seen, string question, CancellationToken over)
    {
        await SayAsync(record, question, over);
        record.Asked++;
        return await ReadUntilAsync(record, seen, $"the assistant's answer {record.Asked}", message => (string?)message["author"] == "ASSISTANT", over);
    }

    private async Task<int> BeServedAsync(ConversationRecord record, int seen, string name, CancellationToken over)
    {
        var ending = record.Courses[^1].Ending;
        seen = await ReadUntilAsync(record, seen, "the expert's reply", message => (string?)message["author"] == "EXPERT", over);
        if (ending != Ending.ByCustomer)
            await SayAsync(record, $"{Thanks}, c'est noté. ({name})", over);
        if (ending != Ending.ByExpert)
            await ConfirmAsync(record, over);
        JsonObject? survey = null;
        seen = await ReadUntilAsync(record, seen, "the survey", message => (survey = message["survey"] as JsonObject) is not null, over);
        record.Stage = "answers the survey";
        await Persistent.PostAsync(anonymous, $"/v1/surveys/{survey!["id"]}:answer", new JsonObject { ["token"] = survey["token"]!.DeepClone(), ["score"] = 5 }, over);
        return seen;
    }

    private static async Task ConfirmAsync(ConversationRecord record, CancellationToken over)
    {
        record.Stage = "confirms that it is solved";
        await Persistent.PostAsync(record.Api, $"/v1/conversations/{record.Id}:confirmSolved", [], over);
    }

    private static async Task SayAsync(ConversationRecord record, string text, CancellationToken over)
    {
        record.Stage = $"says: {text}";
        var message = await Persistent.PostAsync(record.Api, $"/v1/conversations/{record.Id}/messages", new JsonObject { ["text"] = text }, over);
        record.Said.Add(((int)message["sequence"]!, text));
    }

    private static async Task<int> ReadUntilAsync(
        ConversationRecord record, int seen, string what, Predicate<JsonObject> isIt, CancellationToken over)
    {
        record.Stage = $"waits for {what}";
        while (true)
        {
            var page = await Persistent.GetAsync(record.Api, string.Create(
                CultureInfo.InvariantCulture, $"/v1/conversations/{record.Id}/messages?afterSequence={seen}&waitSeconds=5"), over);
            foreach (var message in page["messages"]!.AsArray().Select(entry => entry!.AsObject()))
            {
                seen = (int)message["sequence"]!;
                if (isIt(message))
                    return seen;
            }
        }
    }
}
