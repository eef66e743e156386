using System.Globalization;
using System.Text.Json;
using Relais.Gateway.Problems;

namespace Relais.Gateway.OAuth;

/// <summary>An error answer of RFC 6749, 5.2.</summary>
internal sealed record TokenError(int Status, string Error, string Description)
{
    public TimeSpan? RetryAfter { get; init; }

    public static TokenError InvalidRequest(string description) => new(StatusCodes.Status400BadRequest, "invalid_request", description);

    public static TokenError InvalidClient(string description) => new(StatusCodes.Status401Unauthorized, "invalid_client", description);

    /// <summary>What identity refused, in the words of OAuth.</summary>
    public static TokenError Of(Problem problem) => problem.Status switch
    {
        StatusCodes.Status401Unauthorized or StatusCodes.Status404NotFound => InvalidClient(problem.Detail),
        StatusCodes.Status403Forbidden => new(StatusCodes.Status400BadRequest, "invalid_scope", problem.Detail),
        StatusCodes.Status400BadRequest when problem.Code.Contains("scope", StringComparison.Ordinal) || problem.Errors.Any(error => error.Field == "scope") =>
            new(StatusCodes.Status400BadRequest, "invalid_scope", problem.Detail),
        < 500 and not StatusCodes.Status429TooManyRequests => InvalidRequest(problem.Detail),
        // RFC 6749 has no word for these at the token endpoint; the authorization endpoint's is widely understood.
        StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout =>
            new(problem.Status, "temporarily_unavailable", problem.Detail) { RetryAfter = problem.RetryAfter },
        _ => new(StatusCodes.Status500InternalServerError, "server_error", problem.Detail),
    };

    public static void Prepare(HttpResponse response)
    {
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers.Pragma = "no-cache";
    }

    public async Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        Prepare(response);
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Basic realm=\"relais\"";
        if (RetryAfter is { } delay)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

        await using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("error", Error);
            json.WriteString("error_description", Printable(Description));
            json.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    // The characters that the RFC allows in error_description.
    private static string Printable(string text) =>
        string.Concat(text.Select(letter => letter is >= ' ' and <= '~' and not '\\' ? (letter == '"' ? '\'' : letter) : '?'));
}
