using Relais.Contract.Architecture;

namespace Relais.Contract.Wire;

/// <summary>Files that hold what others already rely on. RELAIS_WRITE_GOLDEN=1 writes them anew, for a reviewer to read.</summary>
internal static class Golden
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "contract", "Wire", "golden");

    public static bool Write { get; } = Environment.GetEnvironmentVariable("RELAIS_WRITE_GOLDEN") == "1";

    /// <summary>The file's text, or <paramref name="current"/> after writing it.</summary>
    public static string Read(string name, string current)
    {
        var path = Path.Combine(Folder, name);
        if (Write)
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllText(path, current);
        }

        Assert.True(File.Exists(path), $"{name} is not among the golden files: run the suite once with RELAIS_WRITE_GOLDEN=1 and review what it writes.");
        return File.ReadAllText(path).ReplaceLineEndings("\n");
    }
}
