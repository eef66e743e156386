using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>
/// A customer who asks, wants a person, writes on without waiting, thanks them and fills in the survey; every third matter
/// comes up again after that. Then comes the next one.
/// </summary>
internal sealed class Customer(PublicApi anonymous, int index)
{
    /// <summary>Begins the message after which the expert may resolve the matter.</summary>
    public const string Thanks = "Merci";

    public async Task ComeBackUntilAsync(Journal journal, CancellationToken enough, CancellationToken over)
    {
        var visit = 0;
        do
        {
            await VisitAsync(journal, string.Create(CultureInfo.InvariantCulture, $"{index}.{visit}"), comesUpAgain: (index + visit) % 3 == 0, over);
            visit++;
        }
        while (!enough.IsCancellationRequested);
    }

    private async Task VisitAsync(Journal journal, string name, bool comesUpAgain, CancellationToken over)
    {
        var opened = await Persistent.PostAsync(anonymous, "/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat",
            ["locale"] = "fr",
            ["customer"] = new JsonObject { ["displayName"] = $"Client {name}", ["email"] = $"client-{name}@faults.example" },
        }, over);
        var record = journal.Open((string)opened["conversation"]!["id"]!, anonymous.As((string)opened["accessToken"]!));
        var seen = 0;
        await SayAsync(record, $"Comment lire ma facture ? ({name} é 🙂)", over);
        seen = await ReadUntilAsync(record, seen, "the assistant's first answer", message => (string?)message["author"] == "ASSISTANT", over);
        await SayAsync(record, $"Et pour changer la date de prélèvement ? ({name})", over);
        seen = await ReadUntilAsync(record, seen, "the assistant's second answer", message => (string?)message["author"] == "ASSISTANT", over);
        record.Stage = "asks for an expert";
        var answer = await Persistent.PostAsync(record.Api, $"/v1/conversations/{record.Id}:requestExpert", new JsonObject { ["reason"] = name }, over);
        record.TicketId = (string)answer["ticketId"]!;
        foreach (var more in (string[])["C'est pour mon appartement.", "Pas pour ma maison.", "Voilà tout."])
            await SayAsync(record, $"{more} ({name})", over);
        seen = await BeServedAsync(record, seen, name, over);
        if (comesUpAgain)
        {
            record.Rounds++;
            await SayAsync(record, $"En fait, cela ne marche toujours pas. ({name})", over);
            await BeServedAsync(record, seen, $"{name}, encore", over);
        }

        record.Stage = "is served";
    }

    private async Task<int> BeServedAsync(ConversationRecord record, int seen, string name, CancellationToken over)
    {
        seen = await ReadUntilAsync(record, seen, "the expert's reply", message => (string?)message["author"] == "EXPERT", over);
        await SayAsync(record, $"{Thanks}, c'est noté. ({name})", over);
        JsonObject? survey = null;
        seen = await ReadUntilAsync(record, seen, "the survey", message => (survey = message["survey"] as JsonObject) is not null, over);
        record.Stage = "answers the survey";
        await Persistent.PostAsync(anonymous, $"/v1/surveys/{survey!["id"]}:answer", new JsonObject { ["token"] = survey["token"]!.DeepClone(), ["score"] = 5 }, over);
        return seen;
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
