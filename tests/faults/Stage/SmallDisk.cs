using Relais.AppHost.Local;

namespace Relais.Faults;

/// <summary>A file system of its own with little room, which can be filled up.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Megabytes = 1024;

    private readonly string folder;

    private SmallDisk(string folder) => this.folder = folder;

    private string Ballast => Path.Combine(folder, "ballast");

    /// <summary>Mounts one at the folder; null where this user may not.</summary>
    public static async Task<SmallDisk?> MountAsync(string folder, CancellationToken cancellationToken)
    {
        if (Environment.UserName != "root" || InstalledProgram.Find("mount") is not { } mount)
            return null;
        Directory.CreateDirectory(folder);
        try
        {
            await InstalledProgram.RunAsync(mount, ["-t", "tmpfs", "-o", $"size={Megabytes}m,mode=0755", "relais-faults", folder], cancellationToken);
            return new SmallDisk(folder);
        }
        catch (IOException)
        {
            // A container without the right to mount.
            return null;
        }
    }

    /// <summary>Takes all the room but some.</summary>
    /// <param name="leave">In bytes.</param>
    public void Fill(long leave)
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        while (new DriveInfo(folder).AvailableFreeSpace > leave)
        {
            try
            {
                ballast.Write(block);
            }
            catch (IOException)
            {
                // Somebody else took the last of it.
                return;
            }
        }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync() =>
        await InstalledProgram.RunAsync(InstalledProgram.Find("umount") ?? "umount", [folder], CancellationToken.None);
}
