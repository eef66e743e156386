using System.Xml.Linq;

namespace Relais.Contract.Architecture;

/// <summary>Who may know whom.</summary>
public sealed class ProjectReferences
{
    [Fact]
    public void Service_knows_contracts_common_and_rpc_and_no_other_service()
    {
        foreach (var project in Projects("services").Where(file => Folder(file) is not ("contracts" or "common" or "rpc")))
        {
            var known = XDocument.Load(project).Descendants("ProjectReference").Select(reference => Folder((string)reference.Attribute("Include")!));
            Assert.Empty(known.Except(["contracts", "common", "rpc"]));
        }
    }

    [Fact]
    public void Only_rpc_knows_the_gRPC_packages()
    {
        foreach (var project in Projects("services").Concat(Projects("gateway")).Concat(Projects("apphost")).Where(file => Folder(file) != "rpc"))
        {
            var packages = XDocument.Load(project).Descendants("PackageReference").Select(reference => (string)reference.Attribute("Include")!);
            Assert.DoesNotContain(packages, package => package.StartsWith("Grpc.", StringComparison.Ordinal) && package != "Grpc.Tools");
        }
    }

    [Fact]
    public void Service_shows_its_target_and_nothing_else()
    {
        foreach (var service in new[] { "Identity", "Knowledge", "Channels", "Tickets", "Routing", "Surveys", "Gateway" })
        {
            var shown = System.Reflection.Assembly.Load("Relais." + service).GetExportedTypes()
                // The web SDK makes the entry point public, and migrations are generated so.
                .Where(type => type.Name != "Program" && !type.IsAssignableTo(typeof(Microsoft.EntityFrameworkCore.Migrations.Migration)))
                .Select(type => type.Name);
            Assert.Equal([$"{service}Target"], shown);
        }
    }

    private static string[] Projects(string folder) => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories);

    private static string Folder(string project) => Path.GetFileName(Path.GetDirectoryName(project.Replace('\\', '/'))!);
}

internal static class Repository
{
    /// <summary>The folder with Platform.sln above the running test.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string? folder) => folder is null
        ? throw new DirectoryNotFoundException("Platform.sln is not above the tests.")
        : File.Exists(Path.Combine(folder, "Platform.sln")) ? folder : Find(Path.GetDirectoryName(folder));
}
