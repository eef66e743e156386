using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>The demo's experts at work: they take what they are offered, answer, and resolve.</summary>
internal static class Experts
{
    public static async Task<List<ExpertAtWork>> SignInAsync(PlatformProcess platform, PublicApi anonymous, CancellationToken cancellationToken)
    {
        var accounts = platform.Accounts();
        var experts = new List<ExpertAtWork>();
        foreach (var account in accounts["accounts"]!.AsArray().Where(entry => entry!["roles"]!.AsArray().Any(role => (string)role! == "expert")))
        {
            var api = await anonymous.SignInAsync((string)accounts["tenant"]!, (string)account!["email"]!, (string)account["password"]!, cancellationToken);
            await api.PutAsync("/v1/experts/me/presence", new JsonObject { ["state"] = "AVAILABLE" }, cancellationToken);
            experts.Add(new ExpertAtWork(api));
        }

        return experts;
    }
}

internal sealed class ExpertAtWork(PublicApi api)
{
    public async Task WorkAsync(Journal journal, CancellationToken over)
    {
        try
        {
            while (true)
            {
                var offers = await Persistent.CallAsync(() => api.GetAsync("/v1/offers?expert=me&waitSeconds=5", over), over);
                foreach (var offer in offers["offers"]!.AsArray())
                    await TakeAsync((string)offer!["id"]!, (string)offer["ticketId"]!, over);
                // A misses-in-a-row rule may have sent them away while the process was down.
                if (offers["offers"]!.AsArray().Count == 0)
                    await Persistent.CallAsync(() => api.PutAsync("/v1/experts/me/presence", new JsonObject { ["state"] = "AVAILABLE" }, over), over);
            }
        }
        catch (OperationCanceledException)
        {
            // The shift is over.
        }
    }

    private async Task TakeAsync(string offer, string ticket, CancellationToken over)
    {
        try
        {
            var accepted = Guid.NewGuid().ToString();
            await Persistent.CallAsync(() => api.PostAsync($"/v1/offers/{offer}:accept", new JsonObject { ["requestId"] = accepted }, over), over);
        }
        catch (ProblemException gone) when (gone.Code.StartsWith("offer.", StringComparison.Ordinal))
        {
            // It expired while the process was down; it goes to somebody.
            return;
        }

        var reply = Guid.NewGuid().ToString();
        await Persistent.CallAsync(() => api.PostAsync($"/v1/tickets/{ticket}/replies", new JsonObject { ["text"] = "Je m'en occupe.", ["requestId"] = reply }, over), over);
        await WaitForThanksAsync(ticket, over);
        var resolved = Guid.NewGuid().ToString();
        await Persistent.CallAsync(() => api.PostAsync($"/v1/tickets/{ticket}:resolve", new JsonObject { ["summary"] = "Réglé.", ["requestId"] = resolved }, over), over);
    }

    private async Task WaitForThanksAsync(string ticket, CancellationToken over)
    {
        while (true)
        {
            var read = await Persistent.CallAsync(() => api.GetAsync($"/v1/tickets/{ticket}", over), over);
            var thread = read["thread"]!.AsArray();
            var replied = thread.ToList().FindLastIndex(entry => (string)entry!["author"]! == "EXPERT");
            if (replied >= 0 && thread.Skip(replied).Any(entry => (string)entry!["author"]! == "CUSTOMER"))
                return;
            await Task.Delay(50, over);
        }
    }
}
