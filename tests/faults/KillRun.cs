using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>How often to kill under how much load.</summary>
internal sealed record KillPlan(int Kills, int Conversations, int Seed);

/// <summary>
/// Drives conversations through the main job side by side while the process is killed and started again, then checks that
/// everything acknowledged is there once.
/// </summary>
internal static class KillRun
{
    public static async Task<FaultReport> PlayAsync(KillPlan plan, Action<string> say)
    {
        await using var platform = await PlatformProcess.StartAsync();
        using var anonymous = new PublicApi(platform.Address);
        var journal = new Journal();
        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(12));
        using var enough = new CancellationTokenSource();
        var experts = await Experts.SignInAsync(platform, anonymous, over.Token);
        var shifts = experts.Select(expert => expert.WorkAsync(journal, over.Token)).ToList();
        var customers = Enumerable.Range(0, plan.Conversations)
            .Select(index => new Customer(anonymous, index).ComeBackUntilAsync(journal, enough.Token, over.Token)).ToList();
        var random = new Random(plan.Seed);
        for (var kill = 1; kill <= plan.Kills; kill++)
        {
            await Task.Delay(random.Next(100, 1_500), over.Token);
            await platform.KillAsync();
            await platform.StartAgainAsync();
            say(string.Create(CultureInfo.InvariantCulture, $"kill {kill} of {plan.Kills} (seed {plan.Seed}): ready again after {platform.StartTime.TotalSeconds:0.0} s, {journal.Conversations.Count} conversations"));
        }

        await enough.CancelAsync();
        await Task.WhenAll(customers);
        var figures = await Settled.WaitAsync(platform, anonymous, over.Token);
        await over.CancelAsync();
        await Task.WhenAll(shifts);
        using var checks = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var report = await Checker.CheckAsync(platform, anonymous, journal, figures, plan, checks.Token);
        await platform.TerminateAsync();
        report.CheckDatabases(platform.Folder, figures);
        return report;
    }
}

/// <summary>What the platform acknowledged, as its clients wrote it down.</summary>
internal sealed class Journal
{
    private readonly Lock one = new();
    private readonly Dictionary<string, ConversationRecord> conversations = new(StringComparer.Ordinal);

    public IReadOnlyCollection<ConversationRecord> Conversations
    {
        get
        {
            lock (one)
                return [.. conversations.Values];
        }
    }

    public ConversationRecord Open(string id, PublicApi api)
    {
        lock (one)
            return conversations[id] = new ConversationRecord(id, api);
    }
}

internal sealed class ConversationRecord(string id, PublicApi api)
{
    public string Id { get; } = id;

    /// <summary>With the conversation's own token.</summary>
    public PublicApi Api { get; } = api;

    /// <summary>Customer messages that were acknowledged: sequence and text.</summary>
    public List<(int Sequence, string Text)> Said { get; } = [];

    public string? TicketId { get; set; }

    public string? SurveyId { get; set; }
}

/// <summary>Calls that are repeated, with the same request id, until the platform answers.</summary>
internal static class Persistent
{
    public static async Task<JsonObject> CallAsync(Func<Task<JsonObject>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (HttpRequestException)
            {
                // The process is down, or went down before it answered.
            }
            catch (IOException)
            {
                // The answer broke off.
            }
            catch (ProblemException problem) when ((int)problem.Status >= 500)
            {
                // A target of the process is not up yet.
            }

            await Task.Delay(50, cancellationToken);
        }
    }
}
