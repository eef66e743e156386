namespace Relais.Routing.Domain.Matching;

/// <summary>The share of those present who have nothing in hand: smoothed exponentially, told in steps of a tenth.</summary>
internal sealed class IdleShare
{
    private static readonly TimeSpan Smoothing = TimeSpan.FromMinutes(10);
    private const int Steps = 10;

    // Beyond half a step, so that a share between two steps does not go back and forth.
    private const double Hold = .08;

    private double _smooth = 1;
    private double _latest = 1;
    private DateTimeOffset? _until;

    public double Step { get; private set; } = 1;

    /// <summary>Takes the share that there has been until now, and notes the one from now on.</summary>
    /// <returns>Whether <see cref="Step"/> changed.</returns>
    public bool Take(DateTimeOffset now, int there, int idle)
    {
        if (now > _until) _smooth += (1 - Math.Exp(-((now - _until.Value) / Smoothing))) * (_latest - _smooth);
        _latest = there == 0 ? 1 : (double)idle / there;
        if (_until is null) _smooth = _latest;
        _until = now;
        if (Math.Abs(_smooth - Step) <= Hold) return false;
        Step = Math.Round(_smooth * Steps) / Steps;
        return true;
    }
}
