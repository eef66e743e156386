using System.Globalization;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>An administrator who gives experts other names while they are at work.</summary>
internal sealed class Registry(PublicApi administrator, Journal journal, int seed)
{
    public async Task WorkUntilAsync(CancellationToken enough, CancellationToken over)
    {
        var staff = (await Persistent.GetAsync(administrator, "/v1/staff?pageSize=200", over))["staff"]!.AsArray()
            .Where(member => member!["roles"]!.AsArray().Any(role => (string)role! == "expert"))
            .Select(member => (Id: (string)member!["id"]!, First: ((string)member["displayName"]!).Split(' ')[0]))
            .OrderBy(member => member.First, StringComparer.Ordinal).ToList();
        var random = new Random(seed);
        for (var number = 1; !enough.IsCancellationRequested; number++)
        {
            var (id, first) = staff[random.Next(staff.Count)];
            var name = string.Create(CultureInfo.InvariantCulture, $"{first} Dupont-{number}");
            journal.NoteName(id, name);
            await Persistent.PatchAsync(administrator, $"/v1/staff/{id}", new JsonObject { ["displayName"] = name }, over);
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(0.5 + random.NextDouble()), enough));
        }
    }
}
