using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>Calls that are repeated, with the same request id, until the platform answers.</summary>
internal static class Persistent
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (HttpRequestException)
            {
                // The process is down, or went down before it answered.
            }
            catch (SocketException)
            {
                // It went down in the moment in which the connection was made, as the client reports it.
            }
            catch (IOException)
            {
                // The answer broke off.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // No answer within the client's own patience.
            }
            catch (ProblemException problem) when (problem.Status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
            {
                // A target is not up yet, or what it needs is away; or this client repeats too often.
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    public static Task<JsonObject> PostAsync(PublicApi api, string path, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(api, HttpMethod.Post, path, body, cancellationToken);

    public static Task<JsonObject> PatchAsync(PublicApi api, string path, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(api, HttpMethod.Patch, path, body, cancellationToken);

    public static Task<JsonObject> GetAsync(PublicApi api, string path, CancellationToken cancellationToken) =>
        CallAsync(() => api.GetAsync(path, cancellationToken), cancellationToken);

    private static Task<JsonObject> SendAsync(PublicApi api, HttpMethod method, string path, JsonObject body, CancellationToken cancellationToken)
    {
        body["requestId"] = Guid.NewGuid().ToString();
        return CallAsync(() => api.SendAsync(method, path, (JsonObject)body.DeepClone(), cancellationToken), cancellationToken);
    }
}
