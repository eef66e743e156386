namespace Relais.AppHost.Local;

/// <summary>Asks a replica twice a second whether it takes work.</summary>
internal sealed class ReplicaReadiness : IAsyncDisposable
{
    /// <summary>After so long it is known that a replica drains.</summary>
    public static readonly TimeSpan Noticed = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(1);

    // A busy machine makes everybody late now and then; a stopped process stays silent.
    private const int SilencesUntilCut = 3;

    private readonly HttpClient http;
    private readonly Uri address;
    private readonly CancellationTokenSource ending = new();
    private readonly Task watching;

    public ReplicaReadiness(HttpClient http, Uri replica)
    {
        this.http = http;
        address = new Uri(replica, "/health/ready");
        watching = WatchAsync();
    }

    /// <summary>Ready at the last look; draining, starting and silent ones are not.</summary>
    public bool IsReady { get; private set; } = true;

    /// <summary>The replica has accepted connections and answered nobody for seconds.</summary>
    public event Action? Silent;

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await watching;
        ending.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        var silences = 0;
        try
        {
            do
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
                patience.CancelAfter(LongestAnswer);
                try
                {
                    using var answer = await http.GetAsync(address, patience.Token);
                    IsReady = answer.IsSuccessStatusCode;
                    silences = 0;
                }
                catch (HttpRequestException)
                {
                    // Nobody listens: it has ended, and its connections with it.
                    IsReady = false;
                }
                catch (OperationCanceledException) when (!ending.IsCancellationRequested)
                {
                    IsReady = false;
                    if (++silences == SilencesUntilCut)
                        Silent?.Invoke();
                }
            }
            while (await timer.WaitForNextTickAsync(ending.Token));
        }
        catch (OperationCanceledException)
        {
            // The platform stops.
        }
    }
}
