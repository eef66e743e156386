using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.AppHost.Play;

/// <summary>A customer in front of the web chat.</summary>
internal sealed class Chat(Stage stage, PublicApi api, string id, CancellationToken cancellationToken)
{
    private int seen;

    public PublicApi Api { get; } = api;

    public string Id { get; } = id;

    /// <summary>Asks the assistant and waits for its answer.</summary>
    public async Task AskAsync(string question)
    {
        await SayAsync(question);
        var answer = await ReadUntilAsync(message => (string?)message["author"] == "ASSISTANT", "the assistant's answer");
        foreach (var citation in answer["citations"]!.AsArray())
            Stage.Say(string.Create(CultureInfo.InvariantCulture, $"cites: {citation!["title"]} (version {citation["version"]}, confidence {(double)citation["confidence"]!:0.00})"));
    }

    public Task SayAsync(string text) => stage.StepAsync("customer", $"says: {text}", () => Api.PostAsync(
        $"/v1/conversations/{Id}/messages", new JsonObject { ["text"] = text, ["requestId"] = Guid.NewGuid().ToString() }, cancellationToken));

    /// <summary>Reads on until a message is the one; prints every message that is not the customer's own.</summary>
    public Task<JsonObject> ReadUntilAsync(Predicate<JsonObject> isIt, string what) => stage.StepAsync("customer", $"reads {what}", async () =>
    {
        while (true)
        {
            var page = await Api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/conversations/{Id}/messages?afterSequence={seen}&waitSeconds=10"), cancellationToken);
            var messages = page["messages"]!.AsArray();
            if (messages.Count == 0)
                throw new PlayException($"{what} did not come within 10 s.");
            foreach (var message in messages.Select(entry => entry!.AsObject()))
            {
                seen = (int)message["sequence"]!;
                if ((string?)message["author"] != "CUSTOMER")
                    Stage.Say($"{message["author"]}: {message["text"]}");
                if (isIt(message))
                    return message;
            }
        }
    });
}
