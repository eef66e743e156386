namespace Relais.Benchmarks.Routing;

/// <summary>The commands under <c>routing</c>.</summary>
internal static class RoutingCommand
{
    public const string Usage = """
        routing simulate --scenario FILE.json|sbr1|wallace-whitt|bank --policy NAME|FILE.json[,…] [--seeds 1..20] [--json]
                 sbr1: [--world 7] [--profile steady|day] [--load 0.90] [--curves steep|flat]
                 wallace-whitt: [--skills 2] [--load 84] [--minutes 60000]      bank: --calls FILE
        routing replay --database FILE|CONNECTION --tenant NAME [--days 30] [--most 20000] [--policy NAME|FILE.json[,…]] [--json]
        routing forecast --calls FILE [--days workdays|weekend] [--share 0.8] [--within 20] [--json]
        routing forecast --per-hour 60,80,… --handle 300 [--patience 240] [--share 0.8] [--within 20] [--json]
        routing speed [--experts 50000] [--waiting 100000] [--classes 5000] [--policy NAME[,NAME…]] [--decisions 400000] [--recorded 3] [--alone] [--json]
        routing durable [--seconds 10] [--at-once 64] [--experts 200] [--rate ASSIGNMENTS-PER-SECOND]
        routing takeover [--waiting 10000] [--runs 3]
        """;

    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        switch (words is [var first, ..] ? first : "")
        {
            case "simulate":
                return SimulateCommand.Run(new CommandLine([.. words.Skip(1)]));
            case "replay":
                await ReplayCommand.RunAsync(new CommandLine([.. words.Skip(1)]));
                return 0;
            case "forecast":
                return ForecastCommand.Run(new CommandLine([.. words.Skip(1)]));
            case "speed":
                return RoutingSpeed.Run(new CommandLine([.. words.Skip(1)]));
            case "durable":
                await DurableCommand.RunAsync(new CommandLine([.. words.Skip(1)]));
                return 0;
            case "takeover":
                await TakeoverCommand.RunAsync(new CommandLine([.. words.Skip(1)]));
                return 0;
            default:
                throw new CommandLineException(words.Count == 0 ? "routing needs a command." : $"routing has no command {words[0]}.");
        }
    }
}
