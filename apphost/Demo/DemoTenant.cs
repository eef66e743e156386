using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.AppHost.Embedded;

namespace Relais.AppHost.Demo;

/// <summary>The tenant <c>demo</c>: made through the public API at the first start, once, however often that is interrupted.</summary>
internal static class DemoTenant
{
    public const string Id = "demo";

    private const int AtOnce = 6;

    private const int MostFillings = 20;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What identity needs for its first administrator, and the ticket categories of the demo.</summary>
    public static Dictionary<string, string?> Settings(DataFolder folder)
    {
        var administrator = Staff().First(member => member.Roles.Contains("administrator"));
        var settings = new Dictionary<string, string?>
        {
            ["Identity:Bootstrap:Tenant"] = Id,
            ["Identity:Bootstrap:DisplayName"] = administrator.DisplayName,
            // On this machine anonymous calls are the demo's, also when other tenants have been added.
            ["Identity:Bootstrap:Hosts:0"] = "127.0.0.1",
            ["Identity:Bootstrap:Hosts:1"] = "localhost",
            ["Identity:Bootstrap:Email"] = administrator.Email,
            ["Identity:Bootstrap:Password"] = folder.Secrets.Administrator,
        };
        Flatten($"Tickets:Categories:{Id}", DemoContent.Json("categories.json"), settings);
        return settings;
    }

    // JSON as configuration keys: objects and lists become sections.
    private static void Flatten(string key, JsonNode? node, Dictionary<string, string?> settings)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                    Flatten($"{key}:{name}", value, settings);
                break;
            case JsonArray entries:
                for (var i = 0; i < entries.Count; i++)
                    Flatten(string.Create(CultureInfo.InvariantCulture, $"{key}:{i}"), entries[i], settings);
                break;
            default:
                settings[key] = node?.ToString();
                break;
        }
    }

    /// <summary>
    /// Fills the tenant, unless that is done; resumes it where a target died or was too busy to answer. Its accounts are then
    /// those in the folder.
    /// </summary>
    /// <param name="store">Where the platform's data is: each store of a folder has a demo of its own.</param>
    /// <exception cref="IOException">The databases are another installation's.</exception>
    public static async Task FillAsync(DataFolder folder, string store, Uri address, CancellationToken cancellationToken)
    {
        var accounts = folder.AccountsIn(store);
        for (var attempt = 1; !File.Exists(accounts); attempt++)
        {
            try
            {
                DataFolder.WritePrivate(accounts, (await FillOnceAsync(folder, address, cancellationToken)).ToJsonString(Readable));
            }
            catch (ProblemException refused) when (refused.Status == HttpStatusCode.Unauthorized)
            {
                throw new IOException(
                    $"The databases hold a platform whose secrets are not in {folder.Root}. Name its data folder with --data, or use other databases.", refused);
            }
            catch (Exception busy) when (attempt < MostFillings && (busy is HttpRequestException or ProblemException { Status: >= HttpStatusCode.InternalServerError }))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }

        DataFolder.WritePrivate(folder.AccountsFile, await File.ReadAllTextAsync(accounts, cancellationToken));
    }

    private static async Task<JsonObject> FillOnceAsync(DataFolder folder, Uri address, CancellationToken cancellationToken)
    {
        using var anonymous = new PublicApi(address);
        var staff = Staff();
        var administrator = staff.First(member => member.Roles.Contains("administrator"));
        using var api = await anonymous.SignInAsync(Id, administrator.Email, folder.Secrets.Administrator, cancellationToken);
        var accounts = new JsonArray(Account(administrator, folder.Secrets.Administrator));
        var articles = ImportArticlesAsync(api, cancellationToken);
        var known = await KnownStaffAsync(api, cancellationToken);
        // Each password costs the processor a moment; all at once, the last would wait for all.
        foreach (var some in staff.Where(member => member != administrator).Chunk(AtOnce))
        {
            foreach (var account in await Task.WhenAll(some.Select(member => AddStaffAsync(api, member, known, cancellationToken))))
                accounts.Add(account);
        }

        var clients = await AddClientsAsync(api, cancellationToken);
        await AddCannedRepliesAsync(api, cancellationToken);
        await articles;
        return new JsonObject { ["tenant"] = Id, ["accounts"] = accounts, ["clients"] = clients };
    }

    private static List<StaffEntry> Staff() =>
        [.. DemoContent.Json("staff.json")["staff"]!.AsArray().Concat(DemoContent.Json("experts.json").AsArray()).Select(entry => new StaffEntry(
            (string)entry!["displayName"]!, (string)entry["email"]!, [.. entry["roles"]!.AsArray().Select(role => (string)role!)], entry.AsObject()))];

    private static async Task<Dictionary<string, JsonObject>> KnownStaffAsync(PublicApi api, CancellationToken cancellationToken) =>
        (await api.GetAsync("/v1/staff?pageSize=200", cancellationToken))["staff"]!.AsArray()
        .ToDictionary(member => (string)member!["email"]!, member => member!.AsObject(), StringComparer.OrdinalIgnoreCase);

    // An account that an interrupted start left behind gets a new password: nobody was told the old one.
    private static async Task<JsonObject> AddStaffAsync(
        PublicApi api, StaffEntry member, Dictionary<string, JsonObject> known, CancellationToken cancellationToken)
    {
        var password = DataFolder.NewSecret(18);
        JsonObject saved;
        if (known.TryGetValue(member.Email, out var before))
        {
            saved = await api.SendAsync(HttpMethod.Patch, $"/v1/staff/{before["id"]}", new JsonObject { ["password"] = password }, cancellationToken);
        }
        else
        {
            saved = await api.PostAsync("/v1/staff", new JsonObject
            {
                ["email"] = member.Email,
                ["displayName"] = member.DisplayName,
                ["roles"] = new JsonArray([.. member.Roles.Select(role => (JsonNode)role)]),
                ["locale"] = "fr",
                ["password"] = password,
            }, cancellationToken);
        }

        if (member.Entry["skills"] is { } skills)
        {
            var id = (string)saved["id"]!;
            await WhenKnownAsync(() => api.PutAsync($"/v1/experts/{id}/skills", new JsonObject { ["skills"] = skills.DeepClone() }, cancellationToken), cancellationToken);
            await api.PutAsync($"/v1/experts/{id}/profile", new JsonObject
            {
                ["languages"] = member.Entry["languages"]!.DeepClone(),
                ["capacity"] = 1,
                ["timeZone"] = member.Entry["timeZone"]!.DeepClone(),
                ["workingHours"] = member.Entry["workingHours"]!.DeepClone(),
            }, cancellationToken);
        }

        return Account(member, password);
    }

    // Routing hears of a new member of staff by an event; until then it does not know the expert.
    private static async Task WhenKnownAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (ProblemException unknown) when (unknown.Status == HttpStatusCode.NotFound && attempt < 500)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    private static async Task ImportArticlesAsync(PublicApi api, CancellationToken cancellationToken)
    {
        var answer = await api.PostAsync("/v1/articles:import", new JsonObject
        {
            ["articles"] = new JsonArray([.. DemoContent.Articles()]),
            ["publish"] = true,
        }, cancellationToken);
        if (answer["problems"]!.AsArray() is { Count: > 0 } problems)
            throw new InvalidDataException($"The demo's articles have problems: {problems.ToJsonString()}");
    }

    private static async Task<JsonArray> AddClientsAsync(PublicApi api, CancellationToken cancellationToken)
    {
        var clients = new JsonArray();
        foreach (var client in DemoContent.Json("staff.json")["clients"]!.AsArray())
        {
            var saved = await api.PostAsync("/v1/clients", new JsonObject
            {
                ["displayName"] = client!["name"]!.DeepClone(),
                ["scopes"] = client["scopes"]!.DeepClone(),
            }, cancellationToken);
            clients.Add(new JsonObject
            {
                ["clientId"] = (string?)saved["client"]!["clientId"],
                ["clientSecret"] = (string?)saved["clientSecret"],
                ["scopes"] = saved["client"]!["scopes"]!.DeepClone(),
            });
        }

        return clients;
    }

    private static async Task AddCannedRepliesAsync(PublicApi api, CancellationToken cancellationToken)
    {
        foreach (var reply in DemoContent.Json("canned-replies.json").AsArray())
        {
            foreach (var (locale, text) in reply!["text"]!.AsObject())
            {
                await api.PutAsync($"/v1/cannedReplies/{reply["id"]}.{locale}", new JsonObject
                {
                    ["category"] = reply["category"]!.DeepClone(),
                    ["locale"] = locale,
                    ["text"] = text!.DeepClone(),
                }, cancellationToken);
            }
        }
    }

    private static JsonObject Account(StaffEntry member, string password) => new()
    {
        ["email"] = member.Email,
        ["displayName"] = member.DisplayName,
        ["password"] = password,
        ["roles"] = new JsonArray([.. member.Roles.Select(role => (JsonNode)role)]),
    };

    private sealed record StaffEntry(string DisplayName, string Email, IReadOnlyList<string> Roles, JsonObject Entry);
}
