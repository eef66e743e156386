using Relais.Benchmarks;
using Relais.Benchmarks.Routing;

const string Usage = """
    dotnet run -c Release --project tests/benchmarks -- NAME [--option value …]; prints figures and never fails on time.
    start [--runs 5]
    conversations [--clients 50] [--rates 50,100,200,400] [--seconds 20] [--warmup 20]
    hop [--rate 200] [--seconds 10] [--concurrency 32] [--prefetch 200]
    local [--clients 64] [--seconds 15] [--warmup 30] [--messages 0] [--tickets 0]
    replicas [--rate 100] [--rounds 5]
    knowledge [--articles 10000] [--kb FILE] [--questions 2000]
    """;

try
{
    var (name, words) = (args.FirstOrDefault(), args.Skip(1).ToList());
    if (name == "routing")
        return await RoutingCommand.RunAsync(words);
    Func<CommandLine, Task> benchmark = name switch
    {
        "start" => StartBenchmark.RunAsync,
        "conversations" => ConversationBenchmark.RunAsync,
        "hop" => HopBenchmark.RunAsync,
        "local" => LocalBenchmark.RunAsync,
        "replicas" => ReplicaBenchmark.RunAsync,
        "knowledge" => KnowledgeBenchmark.RunAsync,
        _ => throw new CommandLineException(name is null ? "Which benchmark?" : $"There is no benchmark {name}."),
    };
    await benchmark(new CommandLine(words));
    return 0;
}
catch (CommandLineException mistake)
{
    // Whoever typed it is told; a stack would not help them.
    Console.Error.WriteLine(mistake.Message);
    Console.Error.WriteLine(Usage);
    Console.Error.WriteLine(RoutingCommand.Usage);
    return 64;
}
catch (FormatException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    return 65;
}
