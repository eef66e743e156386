using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>The demo's experts at work, and their supervisor.</summary>
internal sealed class Experts(Journal journal, PublicApi supervisor)
{
    // An offer does not live longer.
    private static readonly TimeSpan LongestUnknown = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Of an expert's room, unless a policy says otherwise.
    private const double ChatWeight = 1.0 / 3;

    private const int Looks = 10;

    private readonly List<ExpertAtWork> all = [];

    public IReadOnlyList<ExpertAtWork> All => all;

    public static async Task<Experts> SignInAsync(PlatformProcess platform, PublicApi anonymous, Journal journal, CancellationToken cancellationToken)
    {
        var accounts = platform.Accounts();
        var experts = new Experts(journal, await Persistent.CallAsync(() => platform.SignInAsync(anonymous, "supervisor", cancellationToken), cancellationToken));
        foreach (var account in accounts["accounts"]!.AsArray().Where(entry => entry!["roles"]!.AsArray().Any(role => (string)role! == "expert")))
        {
            var api = await Persistent.CallAsync(() => anonymous.SignInAsync(
                (string)accounts["tenant"]!, (string)account!["email"]!, (string)account["password"]!, cancellationToken), cancellationToken);
            experts.all.Add(new ExpertAtWork(api, await ExpertAtWork.BeThereAsync(api, cancellationToken), experts));
        }

        return experts;
    }

    /// <returns>Null where the customer was not told in time; then nothing special becomes of the matter.</returns>
    public async Task<ConversationRecord?> WhoseAsync(string ticket, CancellationToken over)
    {
        try
        {
            return await journal.WhoseAsync(ticket).WaitAsync(LongestUnknown, over);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Has the supervisor give a matter to the next expert, who begins once the ticket is theirs.</summary>
    public async Task<ExpertAtWork> ReassignAsync(ConversationRecord record, string ticket, ExpertAtWork from, CancellationToken over)
    {
        var to = all[(all.IndexOf(from) + 1) % all.Count];
        var offer = await Persistent.PostAsync(supervisor, $"/v1/tickets/{ticket}:assign", new JsonObject { ["expertId"] = to.Id, ["reason"] = "Connaît le client." }, over);
        record.Reassignments.Add(new Reassignment((string)offer["id"]!, from.Id, to.Id, await IsFreeAsync(from, over)));
        while ((string?)(await Persistent.GetAsync(supervisor, $"/v1/tickets/{ticket}", over))["assignedExpertId"] != to.Id)
            await Task.Delay(Pause, over);
        return to;
    }

    // What an expert holds and the room that it takes are read one after the other; something may change in between.
    private async Task<bool> IsFreeAsync(ExpertAtWork expert, CancellationToken over)
    {
        for (var look = 0; look < Looks; look++)
        {
            var live = (await Persistent.GetAsync(supervisor, "/v1/liveExperts", over))["experts"]!.AsArray().First(entry => (string)entry!["expertId"]! == expert.Id)!;
            var held = ((int?)live["offered"] ?? 0) + ((int?)live["assigned"] ?? 0);
            if (Math.Abs(((double?)live["load"] ?? 0) - (held * ChatWeight)) < ChatWeight / 10)
                return true;
            await Task.Delay(Pause, over);
        }

        return false;
    }
}

/// <summary>One expert, who works on all that they were given side by side: declines what is to be declined, answers, and resolves.</summary>
internal sealed class ExpertAtWork(PublicApi api, string id, Experts experts)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, Task> inHand = new(StringComparer.Ordinal);

    public string Id => id;

    /// <returns>The expert's id.</returns>
    public static async Task<string> BeThereAsync(PublicApi api, CancellationToken over) => (string)(await Persistent.CallAsync(
        () => api.PutAsync("/v1/experts/me/presence", new JsonObject { ["state"] = "AVAILABLE" }, over), over))["id"]!;

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
                    inHand[(string)offer!["id"]!] = AnswerAsync((string)offer["id"]!, (string)offer["ticketId"]!, over);
                // A misses-in-a-row rule may have sent them away while the platform was not well.
                if (offers.Count == 0)
                    await BeThereAsync(api, over);
                else if (fresh.Count == 0)
                    await Task.Delay(Pause, over);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The shift is over.
        }
    }

    private async Task AnswerAsync(string offer, string ticket, CancellationToken over)
    {
        var record = await experts.WhoseAsync(ticket, over);
        var declines = record?.IsToBeDeclined() == true;
        try
        {
            if (declines)
            {
                await DeclineAsync(record!, offer, over);
                return;
            }

            await Persistent.PostAsync(api, $"/v1/offers/{offer}:accept", [], over);
        }
        catch (ProblemException gone) when (gone.Code.StartsWith("offer.", StringComparison.Ordinal))
        {
            // It expired while the platform was not well; it goes to somebody.
            if (declines)
                record!.WasNotDeclined();
            return;
        }

        var holder = record?.Courses[^1].IsReassigned == true ? await experts.ReassignAsync(record, ticket, this, over) : this;
        await holder.ServeAsync(ticket, over);
    }

    private async Task DeclineAsync(ConversationRecord record, string offer, CancellationToken over)
    {
        var decline = new Decline(offer, id, $"Pas maintenant. ({record.Rounds})");
        record.Declines.Add(decline);
        await Persistent.PostAsync(api, $"/v1/offers/{offer}:decline", new JsonObject { ["reason"] = decline.Reason }, over);
        decline.IsAcknowledged = true;
    }

    private async Task ServeAsync(string ticket, CancellationToken over)
    {
        var reopened = Reopened(await Persistent.GetAsync(api, $"/v1/tickets/{ticket}", over));
        await Persistent.PostAsync(api, $"/v1/tickets/{ticket}/replies", new JsonObject { ["text"] = "Je m'en occupe." }, over);
        while (true)
        {
            var now = await Persistent.GetAsync(api, $"/v1/tickets/{ticket}", over);
            // The customer has confirmed that it is solved; it may have come up again since.
            if ((string?)now["state"] == "RESOLVED" || Reopened(now) != reopened)
                return;
            if (IsThanked(now["thread"]!.AsArray()) && await ResolveAsync(ticket, (string)now["etag"]!, over))
                return;
            await Task.Delay(Pause, over);
        }
    }

    /// <returns>Whether it was resolved so; if not, there is something new to look at.</returns>
    private async Task<bool> ResolveAsync(string ticket, string etag, CancellationToken over)
    {
        try
        {
            await Persistent.PostAsync(api, $"/v1/tickets/{ticket}:resolve", new JsonObject { ["summary"] = "Réglé.", ["etag"] = etag }, over);
            return true;
        }
        catch (ProblemException changed) when (changed.Code == "etag.stale")
        {
            return false;
        }
    }

    private static int Reopened(JsonObject ticket) => (int?)ticket["reopenCount"] ?? 0;

    private static bool IsThanked(JsonArray thread)
    {
        var replied = thread.ToList().FindLastIndex(entry => (string)entry!["author"]! == "EXPERT");
        return replied >= 0 && thread.Skip(replied).Any(entry => (string)entry!["author"]! == "CUSTOMER" && ((string)entry["text"]!).StartsWith(Customer.Thanks, StringComparison.Ordinal));
    }
}
