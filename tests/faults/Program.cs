using System.Globalization;
using Relais.Faults;
using Xunit.Runner.InProc.SystemConsole;

// Without options: the suite, a short pass. --kills N --conversations N --seed S: one run of that size.
if (args is not ["--kills", ..])
    return await ConsoleRunner.Run(args);
var options = args.Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
var report = await KillRun.PlayAsync(
    new KillPlan(options["--kills"], options.GetValueOrDefault("--conversations", 20), options.GetValueOrDefault("--seed", 1)), Console.WriteLine, CancellationToken.None);
Console.WriteLine(report);
return report.Violations.Count == 0 ? 0 : 1;
