using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>A customer who asks, wants a person, answers them and fills in the survey; then comes with the next matter.</summary>
internal sealed class Customer(PublicApi anonymous, int index)
{
    public async Task ComeBackUntilAsync(Journal journal, CancellationToken enough, CancellationToken over)
    {
        var visit = 0;
        do
        {
            await VisitAsync(journal, string.Create(CultureInfo.InvariantCulture, $"{index}.{visit++}"), over);
        }
        while (!enough.IsCancellationRequested);
    }

    private async Task VisitAsync(Journal journal, string name, CancellationToken over)
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
        seen = await ReadUntilAsync(record, seen, "the expert's reply", message => (string?)message["author"] == "EXPERT", over);
        await SayAsync(record, $"Merci, c'est noté. ({name})", over);
        JsonObject? survey = null;
        await ReadUntilAsync(record, seen, "the survey", message => (survey = message["survey"] as JsonObject) is not null, over);
        record.SurveyId = (string)survey!["id"]!;
        record.Stage = "answers the survey";
        await Persistent.PostAsync(anonymous, $"/v1/surveys/{record.SurveyId}:answer", new JsonObject { ["token"] = survey["token"]!.DeepClone(), ["score"] = 5 }, over);
        record.Stage = "is served";
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
