using System.Globalization;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>
/// Customers and experts who do the main job side by side until they are told that it is enough; a supervisor and an
/// administrator see to them.
/// </summary>
internal sealed class Load : IDisposable
{
    private readonly CancellationTokenSource enough = new();
    private readonly CancellationTokenSource over;
    private readonly List<Task> shifts = [];
    private readonly List<Task> visits = [];
    private Task registry = Task.CompletedTask;

    private Load(CancellationToken cancellationToken) => over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    public Journal Journal { get; } = new();

    /// <param name="seed">Of what becomes of each matter, and of who is given another name.</param>
    public static async Task<Load> StartAsync(
        PlatformProcess platform, PublicApi anonymous, int customers, int seed, CancellationToken cancellationToken)
    {
        var load = new Load(cancellationToken);
        var (enough, over) = (load.enough.Token, load.over.Token);
        var experts = await Experts.SignInAsync(platform, anonymous, load.Journal, cancellationToken);
        var administrator = await Persistent.CallAsync(() => platform.SignInAsync(anonymous, "administrator", cancellationToken), cancellationToken);
        load.shifts.AddRange(experts.All.Select(expert => expert.WorkAsync(over)));
        load.visits.AddRange(Enumerable.Range(0, customers).Select(index => new Customer(anonymous, index, seed).ComeBackUntilAsync(load.Journal, enough, over)));
        load.registry = new Registry(administrator, load.Journal, seed).WorkUntilAsync(enough, over);
        return load;
    }

    /// <summary>No more visits begin; waits for those under way, and sends the experts home.</summary>
    /// <returns>What went wrong for a customer or an expert, and who still waits after that time.</returns>
    public async Task<IReadOnlyList<string>> FinishAsync(TimeSpan longest)
    {
        await enough.CancelAsync();
        var served = Task.WhenAll([.. visits, registry]);
        await Task.WhenAny(served, Task.Delay(longest, over.Token));
        var problems = Journal.Conversations.Where(record => !served.IsCompletedSuccessfully && record.Stage != ConversationRecord.Served)
            .Select(record => string.Create(CultureInfo.InvariantCulture, $"conversation {record.Id} (ticket {record.TicketId ?? "none"}): after {longest.TotalSeconds:0} s the customer still {record.Stage}"))
            .ToList();
        if (!registry.IsCompleted)
            problems.Add("the administrator has had no answer to the last name");
        await over.CancelAsync();
        foreach (var task in visits.Concat(shifts).Append(registry))
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                // Reported above.
            }
            catch (ProblemException refused)
            {
                problems.Add(refused.Message);
            }
        }

        return problems;
    }

    public void Dispose()
    {
        over.Cancel();
        enough.Dispose();
        over.Dispose();
    }
}
