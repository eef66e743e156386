using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Relais.Common.Hosting;

/// <summary>The log for somebody at a terminal: each entry a line, with the trace that it belongs to.</summary>
internal sealed class ReadableLog() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "readable";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = $"{WordOf(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {logEntry.Formatter(logEntry.State, logEntry.Exception)}";
        if (Activity.Current is { } activity)
            text += $" (trace {activity.TraceId})";
        if (logEntry.Exception is { } exception)
            text += " " + exception;
        textWriter.WriteLine(text.ReplaceLineEndings(" "));
    }

    private static string WordOf(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit",
        LogLevel.Error => "fail",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        _ => "dbug",
    };
}
