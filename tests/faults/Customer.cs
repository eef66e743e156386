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
        var requestId = Guid.NewGuid().ToString();
        var opened = await Persistent.CallAsync(() => anonymous.PostAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat",
            ["locale"] = "fr",
            ["customer"] = new JsonObject { ["displayName"] = $"Client {name}", ["email"] = $"client-{name}@faults.example" },
            ["requestId"] = requestId,
        }, over), over);
        var record = journal.Open((string)opened["conversation"]!["id"]!, anonymous.As((string)opened["accessToken"]!));
        var seen = 0;
        await SayAsync(record, $"Comment lire ma facture ? ({name} é 🙂)", over);
        seen = await ReadUntilAsync(record, seen, message => (string?)message["author"] == "ASSISTANT", over);
        await SayAsync(record, $"Et pour changer la date de prélèvement ? ({name})", over);
        seen = await ReadUntilAsync(record, seen, message => (string?)message["author"] == "ASSISTANT", over);
        var asked = Guid.NewGuid().ToString();
        var answer = await Persistent.CallAsync(() => record.Api.PostAsync(
            $"/v1/conversations/{record.Id}:requestExpert", new JsonObject { ["requestId"] = asked, ["reason"] = name }, over), over);
        record.TicketId = (string)answer["ticketId"]!;
        seen = await ReadUntilAsync(record, seen, message => (string?)message["author"] == "EXPERT", over);
        await SayAsync(record, $"Merci, c'est noté. ({name})", over);
        JsonObject? survey = null;
        await ReadUntilAsync(record, seen, message => (survey = message["survey"] as JsonObject) is not null, over);
        record.SurveyId = (string)survey!["id"]!;
        var score = Guid.NewGuid().ToString();
        await Persistent.CallAsync(() => anonymous.PostAsync(
            $"/v1/surveys/{record.SurveyId}:answer", new JsonObject { ["token"] = survey["token"]!.DeepClone(), ["score"] = 5, ["requestId"] = score }, over), over);
    }

    private static async Task SayAsync(ConversationRecord record, string text, CancellationToken over)
    {
        var requestId = Guid.NewGuid().ToString();
        var message = await Persistent.CallAsync(() => record.Api.PostAsync(
            $"/v1/conversations/{record.Id}/messages", new JsonObject { ["text"] = text, ["requestId"] = requestId }, over), over);
        record.Said.Add(((int)message["sequence"]!, text));
    }

    private static async Task<int> ReadUntilAsync(ConversationRecord record, int seen, Predicate<JsonObject> isIt, CancellationToken over)
    {
        while (true)
        {
            var page = await Persistent.CallAsync(() => record.Api.GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"/v1/conversations/{record.Id}/messages?afterSequence={seen}&waitSeconds=5"), over), over);
            foreach (var message in page["messages"]!.AsArray().Select(entry => entry!.AsObject()))
            {
                seen = (int)message["sequence"]!;
                if (isIt(message))
                    return seen;
            }
        }
    }
}
