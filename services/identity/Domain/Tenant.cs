using System.Text.RegularExpressions;
using Relais.Common.Data;

namespace Relais.Identity.Domain;

/// <summary>A company on the platform. Its row is in its own partition, so its <see cref="TenantId"/> is its id.</summary>
internal sealed partial class Tenant : ITenantOwned, IVersioned
{
    public const string IdRule = "1 to 63 lower-case letters, digits and single hyphens between them, beginning with a letter.";

    public string TenantId { get; set; } = "";

    public required string DisplayName { get; set; }

    public required string DefaultLocale { get; set; }

    /// <summary>
    /// The first tenant runs the platform: what concerns every tenant (new tenants, signing keys) is for its
    /// administrators alone.
    /// </summary>
    public required bool IsOperator { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// Grows when an administrator is taken away, so that two who do it to each other at once meet in this row and one
    /// of them decides again.
    /// </summary>
    public int AdministratorChanges { get; set; }

    public int Revision { get; set; }

    public List<TenantHost> Hosts { get; init; } = [];

    public static bool IsId(string id) => id.Length is >= 1 and <= 63 && IdForm().IsMatch(id);

    /// <summary>A host name in the form in which it is stored and compared; null for what is none.</summary>
    public static string? NormaliseHost(string host)
    {
        var name = host.Trim().TrimEnd('.').ToLowerInvariant();
        return name.Length is >= 1 and <= 253 && Uri.CheckHostName(name) != UriHostNameType.Unknown ? name : null;
    }

    [GeneratedRegex(@"^[a-z][a-z0-9]*(-[a-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}

/// <summary>A host name whose anonymous calls belong to a tenant; the platform has each host once.</summary>
internal sealed class TenantHost : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required string Host { get; init; }
}
