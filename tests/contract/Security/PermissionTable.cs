using System.Text;
using Relais.Common.Security;
using Relais.Contract.Architecture;
using Relais.Contracts;

namespace Relais.Contract.Security;

/// <summary>
/// permissions.tsv: who may call what, as it was approved. A change of a proto's permission or of a role shows there;
/// RELAIS_WRITE_GOLDEN=1 writes it anew, for a reviewer to read.
/// </summary>
internal sealed record PermissionTable(IReadOnlyList<PermissionTable.Row> Rows)
{
    /// <summary>Stands in the roles' place where no token is needed.</summary>
    public const string Anybody = "anybody";

    private static readonly string File = Path.Combine(Repository.Root, "tests", "contract", "Security", "permissions.tsv");

    /// <summary>What protos and roles say now.</summary>
    public static PermissionTable Current { get; } = new([.. ContractCatalogue.Services.SelectMany(entry => entry.Service.Methods).Select(method =>
    {
        var name = ContractCatalogue.FullName(method);
        var permission = ContractCatalogue.PermissionOf(name) ?? "";
        return new Row(name, permission, permission == ContractCatalogue.PublicPermission
            ? Anybody
            : string.Join(' ', Roles.All.Where(role => role.Value.Contains(permission)).Select(role => role.Key).Order(StringComparer.Ordinal)));
    }).OrderBy(row => row.Method, StringComparer.Ordinal)]);

    public static PermissionTable Approved()
    {
        if (Environment.GetEnvironmentVariable("RELAIS_WRITE_GOLDEN") == "1")
            System.IO.File.WriteAllText(File, Current.ToString());
        Assert.True(System.IO.File.Exists(File), "permissions.tsv is missing: run the suite once with RELAIS_WRITE_GOLDEN=1 and review what it writes.");
        return new([.. System.IO.File.ReadAllLines(File).Skip(1).Select(line => line.Split('\t') is [var method, var permission, var roles]
            ? new Row(method, permission, roles)
            : throw new InvalidDataException($"Not three columns: {line}"))]);
    }

    public override string ToString()
    {
        var text = new StringBuilder("method\tpermission\troles\n");
        foreach (var row in Rows)
            text.Append(row.Method).Append('\t').Append(row.Permission).Append('\t').Append(row.Roles).Append('\n');
        return text.ToString();
    }

    /// <param name="Roles">Separated by spaces, or <see cref="Anybody"/>.</param>
    internal sealed record Row(string Method, string Permission, string Roles)
    {
        public bool LetsIn(string role) => Roles == Anybody || Roles.Split(' ').Contains(role, StringComparer.Ordinal);
    }
}
