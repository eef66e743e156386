using Relais.Common.Hosting;

namespace Relais.AppHost;

/// <summary>Brings the databases of all targets to this version: <c>./run migrate</c>, before its services start.</summary>
internal static class MigrateCommand
{
    public static async Task<int> RunAsync()
    {
        using var shutdown = new ShutdownSignals();
        foreach (var (target, migrations) in await MigrateAsync(null, shutdown.Token))
            Console.WriteLine(TargetMigration.Describe(target, migrations));
        return 0;
    }

    /// <param name="settings">Configuration that goes before files, environment and arguments, such as ConnectionStrings:postgres.</param>
    /// <returns>What was applied to the database of each target that has one.</returns>
    /// <exception cref="InvalidConfigurationException">Databases are not named, or wrongly.</exception>
    public static async Task<IReadOnlyList<(string Target, IReadOnlyList<string> Migrations)>> MigrateAsync(
        IConfiguration? settings, CancellationToken cancellationToken)
    {
        // Most of the time goes into building each target's model.
        var done = await Task.WhenAll(Targets.All.Where(target => target.Name != "gateway").Select(target => Task.Run(
            async () =>
            {
                var problems = new List<(string Target, string Problem)>();
                return (target.Name, Applied: await TargetMigration.RunAsync(target, [], settings, problems, cancellationToken), problems);
            },
            cancellationToken)));
        var wrong = done.SelectMany(entry => entry.problems).ToList();
        return wrong.Count == 0 ? [.. done.Select(entry => (entry.Name, entry.Applied))] : throw new InvalidConfigurationException(wrong);
    }
}
