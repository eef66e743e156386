using Relais.Benchmarks;
using Relais.Benchmarks.Routing;

// dotnet run -c Release --project tests/benchmarks -- NAME [--option value …]; prints figures and never fails on time.
if (args.FirstOrDefault() == "routing") return await RoutingCommand.RunAsync([.. args.Skip(1)]);
var options = args.Skip(1).Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1], StringComparer.Ordinal);
switch (args.FirstOrDefault())
{
    case "start":
        await StartBenchmark.RunAsync(options);
        return 0;
    case "conversations":
        await ConversationBenchmark.RunAsync(options);
        return 0;
    case "hop":
        await HopBenchmark.RunAsync(options);
        return 0;
    case "local":
        await LocalBenchmark.RunAsync(options);
        return 0;
    case "knowledge":
        await KnowledgeBenchmark.RunAsync(options);
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: dotnet run -c Release --project tests/benchmarks -- start [--runs 5]
                                                                     -- conversations [--clients 50] [--rates 50,100,200,400] [--seconds 20] [--warmup 20]
                                                                     -- hop [--rate 200] [--seconds 10]
                                                                     -- local [--clients 64] [--seconds 15] [--warmup 30] [--messages 0] [--tickets 0]
                                                                     -- knowledge [--articles 10000] [--kb FILE] [--questions 2000]
            """);
        Console.Error.WriteLine(RoutingCommand.Usage);
        return 64;
}
