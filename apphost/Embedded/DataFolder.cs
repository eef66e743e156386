using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Relais.AppHost.Embedded;

/// <summary>
/// Where a platform of this machine keeps its databases and its secrets. The folder and its files are for the owner alone.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream inUse;

    /// <exception cref="IOException">Another process uses the folder.</exception>
    public DataFolder(string path)
    {
        Root = Path.GetFullPath(path);
        CreatePrivate(Root);
        try
        {
            // Two processes on the same databases would each believe to be the only writer. The lock ends with the process.
            inUse = new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new IOException($"Another Relais uses the data folder {Root}. Stop it, or name another folder with --data.", taken);
        }

        Secrets = ReadSecrets();
    }

    public string Root { get; }

    public PlatformSecrets Secrets { get; }

    /// <summary>Locked (flock) by the process that uses the folder.</summary>
    public string LockFile => Path.Combine(Root, "lock");

    /// <summary>The demo accounts of the platform that runs, with their generated passwords.</summary>
    public string AccountsFile => Path.Combine(Root, "demo-accounts.json");

    /// <summary>The demo accounts in one store, such as <c>sqlite</c>; stands where its demo is complete.</summary>
    public string AccountsIn(string store) => Path.Combine(Root, $"demo-accounts.{store}.json");

    public string DatabaseOf(string target) => Path.Combine(Root, target + ".db");

    /// <summary>Makes a folder that only the owner can enter, unless it is there.</summary>
    public static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a file that only the owner can read, whole or not at all.</summary>
    public static void WritePrivate(string path, string content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var partial = path + ".partial";
        File.Delete(partial);
        using (var stream = new FileStream(partial, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(content));
            stream.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }

    public static string NewSecret(int bytes = 24) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public void Dispose() => inUse.Dispose();

    private PlatformSecrets ReadSecrets()
    {
        var file = Path.Combine(Root, "secrets.json");
        if (File.Exists(file))
        {
            return JsonSerializer.Deserialize<PlatformSecrets>(File.ReadAllText(file))
                ?? throw new InvalidDataException($"{file} is empty. Restore it, or start with a new data folder: without it the signing keys cannot be read.");
        }

        var secrets = new PlatformSecrets(NewSecret(36), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), NewSecret(18));
        WritePrivate(file, JsonSerializer.Serialize(secrets));
        return secrets;
    }
}

/// <summary>What a platform in one process generates for itself at its first start.</summary>
/// <param name="Service">With which services sign in to identity.</param>
/// <param name="MasterKey">Under which identity keeps its private keys; base64 of 32 bytes.</param>
/// <param name="Administrator">The password of the demo's administrator.</param>
internal sealed record PlatformSecrets(string Service, string MasterKey, string Administrator);
