using System.Runtime.InteropServices;

namespace Relais.Common.Hosting;

/// <summary>
/// SIGTERM, SIGINT and SIGQUIT, for whoever runs targets: the first asks for a drain, a second ends the process as the
/// system would.
/// </summary>
public sealed class ShutdownSignals : IDisposable
{
    /// <summary>
    /// With the value <c>stdin</c>, the process belongs to the one that holds its standard input: it drains when the input
    /// ends, also because its holder was killed, and leaves the terminal's signals to the holder, who stops all in order.
    /// </summary>
    public const string LifelineVariable = "RELAIS_LIFELINE";

    private readonly CancellationTokenSource asked = new();
    private readonly List<PosixSignalRegistration> registrations;

    public ShutdownSignals()
    {
        var held = Environment.GetEnvironmentVariable(LifelineVariable) == "stdin";
        Action<PosixSignalContext> terminal = held ? static context => context.Cancel = true : Handle;
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, terminal),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, terminal),
        ];
        if (held)
            new Thread(WaitForEndOfInput, maxStackSize: 256 * 1024) { IsBackground = true, Name = "lifeline" }.Start();
    }

    /// <summary>Cancelled when the process is asked to end.</summary>
    public CancellationToken Token => asked.Token;

    /// <summary>Waits until the process is asked to end, or until one of the targets that it runs ends by itself.</summary>
    /// <param name="targets">Each cancelled when a target ends (<see cref="TargetHost.Stopping"/>).</param>
    /// <returns>Whether it was asked.</returns>
    public async Task<bool> WaitAsync(params CancellationToken[] targets)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource([Token, .. targets]);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = either.Token.Register(ended.SetResult);
        await ended.Task;
        return Token.IsCancellationRequested;
    }

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        asked.Dispose();
    }

    private void WaitForEndOfInput()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[64];
        while (input.Read(ignored) > 0)
        {
        }

        try
        {
            asked.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The process has ended its work already.
        }
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !asked.IsCancellationRequested;
        asked.Cancel();
    }
}
