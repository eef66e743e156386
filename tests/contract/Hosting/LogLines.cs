using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Relais.Contract.Hosting;

/// <summary>Keeps what is logged: each line with its event name.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<(string? Event, string Text)> lines = new();

    public IReadOnlyCollection<(string? Event, string Text)> Lines => lines;

    public ILogger CreateLogger(string categoryName) => new Logger(lines);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<(string? Event, string Text)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((eventId.Name, formatter(state, exception) + exception));
    }
}
