using System.Globalization;
using System.Runtime.InteropServices;
using Relais.Faults;
using Relais.Faults.Scripts;
using Xunit.Runner.InProc.SystemConsole;

// Without options: the suite, a short pass.
// --kills N [--conversations N] [--seed S]: kills of the embedded mode.
// --seed S [--minutes N] [--script NAME]: scripts on the local mode, for so long or each once.
if (args is not ["--kills" or "--minutes" or "--seed" or "--script", ..])
    return await ConsoleRunner.Run(args);
var options = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
var seed = Number("--seed", 1);
if (options.ContainsKey("--kills"))
{
    var report = await KillRun.PlayAsync(new KillPlan(Number("--kills", 20), Number("--conversations", 20), seed), Console.WriteLine, CancellationToken.None);
    Console.WriteLine(report);
    return report.Violations.Count == 0 ? 0 : 1;
}

var script = options.GetValueOrDefault("--script");
if (script is not null && FaultScripts.All.All(known => known.Name != script))
{
    Console.Error.WriteLine($"'{script}' is not a script. There are: {string.Join(", ", FaultScripts.All.Select(known => known.Name))}.");
    return 64;
}

// Whatever ends it, nothing that it started or mounted stays behind.
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await SoakRun.PlayAsync(Number("--minutes", 0), seed, script, Console.WriteLine, stop.Token) ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

int Number(string option, int otherwise) => options.TryGetValue(option, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
