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
            var api = await Persistent.CallAsync(() => anonymous.SignInAsync(
                (string)accounts["tenant"]!, (string)account!["email"]!, (string)account["password"]!, cancellationToken), cancellationToken);
            var expert = new ExpertAtWork(api);
            await expert.BeThereAsync(cancellationToken);
            experts.Add(expert);
        }

        return experts;
    }
}

/// <summary>One expert, who works on all that they were offered side by side.</summary>
internal sealed class ExpertAtWork(PublicApi api)
{
    private readonly Dictionary<string, Task> inHand = new(StringComparer.Ordinal);

    public Task BeThereAsync(CancellationToken over) => Persistent.CallAsync(
        () => api.PutAsync("/v1/experts/me/presence", new JsonObject { ["state"] = "AVAILABLE" }, over), over);

    /// <summary>Works until the shift is over.</summary>
    /// <exception cref="ProblemException">The platform refused what nobody should be refused.</exception>
    public async Task WorkAsync(CancellationToken over)
    {
        try
        {
            while (true)
            {
                foreach (var done in inHand.Where(entry => entry.Value.IsCompleted).ToList())
                {
                    await done.Value;
                    inHand.Remove(done.Key);
                }

                var offers = (await Persistent.GetAsync(api, "/v1/offers?expert=me&waitSeconds=2", over))["offers"]!.AsArray();
                var fresh = offers.Where(offer => !inHand.ContainsKey((string)offer!["id"]!)).ToList();
                foreach (var offer in fresh)
                    inHand[(string)offer!["id"]!] = TakeAsync((string)offer["id"]!, (string)offer["ticketId"]!, over);
                // A misses-in-a-row rule may have sent them away while the platform was not well.
                if (offers.Count == 0)
                    await BeThereAsync(over);
                else if (fresh.Count == 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(50), over);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The shift is over.
        }
    }

    private async Task TakeAsync(string offer, string ticket, CancellationToken over)
    {
        try
        {
            await Persistent.PostAsync(api, $"/v1/offers/{offer}:accept", [], over);
        }
        catch (ProblemException gone) when (gone.Code.StartsWith("offer.", StringComparison.Ordinal))
        {
            // It expired while the platform was not well; it goes to somebody.
            return;
        }

        await Persistent.PostAsync(api, $"/v1/tickets/{ticket}/replies", new JsonObject { ["text"] = "Je m'en occupe." }, over);
        await WaitForThanksAsync(ticket, over);
        await Persistent.PostAsync(api, $"/v1/tickets/{ticket}:resolve", new JsonObject { ["summary"] = "Réglé." }, over);
    }

    private async Task WaitForThanksAsync(string ticket, CancellationToken over)
    {
        while (true)
        {
            var thread = (await Persistent.GetAsync(api, $"/v1/tickets/{ticket}", over))["thread"]!.AsArray();
            var replied = thread.ToList().FindLastIndex(entry => (string)entry!["author"]! == "EXPERT");
            if (replied >= 0 && thread.Skip(replied).Any(entry => (string)entry!["author"]! == "CUSTOMER" && ((string)entry["text"]!).StartsWith(Customer.Thanks, StringComparison.Ordinal)))
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), over);
        }
    }
}
