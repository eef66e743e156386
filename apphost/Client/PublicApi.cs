using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Relais.AppHost.Client;

/// <summary>The gateway's JSON face as a client sees it: what the demo, the play, tests and benchmarks call.</summary>
public sealed class PublicApi : IDisposable
{
    private readonly HttpClient http;
    private readonly string? token;
    private readonly bool ownsConnections;

    public PublicApi(Uri address)
        : this(new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256, UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) }, null, ownsConnections: true)
    {
    }

    private PublicApi(HttpClient http, string? token, bool ownsConnections)
    {
        this.http = http;
        this.token = token;
        this.ownsConnections = ownsConnections;
    }

    /// <summary>The same connections under another token; they end with the one that made them.</summary>
    public PublicApi As(string accessToken) => new(http, accessToken, ownsConnections: false);

    /// <summary>Signs a member of staff in.</summary>
    public async Task<PublicApi> SignInAsync(string tenant, string email, string password, CancellationToken cancellationToken)
    {
        var session = await PostAsync("/v1/sessions", new JsonObject { ["tenant"] = tenant, ["email"] = email, ["password"] = password }, cancellationToken);
        return As((string)session["accessToken"]!);
    }

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    public Task<JsonObject> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, body, cancellationToken);

    public Task<JsonObject> PutAsync(string path, JsonObject body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Put, path, body, cancellationToken);

    /// <exception cref="ProblemException">The gateway answered with a problem.</exception>
    /// <exception cref="HttpRequestException">No answer came: it is not known whether the request had an effect.</exception>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!.AsObject()
            : throw ProblemException.From(method, path, response.StatusCode, text);
    }

    public void Dispose()
    {
        if (ownsConnections)
            http.Dispose();
    }
}

/// <summary>A problem+json answer.</summary>
public sealed class ProblemException : Exception
{
    private ProblemException(string message, HttpStatusCode status, string code)
        : base(message)
    {
        Status = status;
        Code = code;
    }

    public HttpStatusCode Status { get; }

    /// <summary>Relais' stable code; empty when the answer was no problem+json.</summary>
    public string Code { get; }

    internal static ProblemException From(HttpMethod method, string path, HttpStatusCode status, string body)
    {
        try
        {
            var problem = JsonNode.Parse(body) as JsonObject;
            var code = (string?)problem?["code"] ?? "";
            return new ProblemException($"{method} {path}: {(int)status} {code}: {(string?)problem?["detail"]}", status, code);
        }
        catch (JsonException)
        {
            // Something other than Relais answered, or half an answer came.
            return new ProblemException($"{method} {path}: {(int)status}", status, "");
        }
    }
}
