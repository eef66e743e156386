using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Relais.Gateway.Problems;

/// <summary>A field of the request, as JSON names it, and what is wrong with it.</summary>
internal sealed record FieldProblem(string Field, string Message);

/// <summary>An answer that says why there is no other: problem+json (RFC 9457) with a stable code.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">For programs: <c>request.unknown_field</c>.</param>
/// <param name="Detail">A sentence for people that says what to do.</param>
internal sealed record Problem(int Status, string Code, string Detail)
{
    public const string MediaType = "application/problem+json";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public IReadOnlyList<FieldProblem> Errors { get; init; } = [];

    /// <summary>When repeating has a chance; null where it does not depend on time.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The methods that the path has, for 405.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    public static Problem Bad(string code, string detail, string field = "", string message = "") => new(StatusCodes.Status400BadRequest, code, detail)
    {
        Errors = field.Length == 0 ? [] : [new FieldProblem(field, message)],
    };

    /// <summary>The sentence that a status alone allows.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => new(status, "route.not_found", "There is nothing at this address. GET /openapi/v1.json lists what there is."),
        StatusCodes.Status405MethodNotAllowed => new(status, "route.method_not_allowed", "This address does not have that method."),
        StatusCodes.Status408RequestTimeout => new(status, "request.too_slow", "The request's body did not arrive in time. Send it again."),
        StatusCodes.Status413PayloadTooLarge => new(status, "request.too_large", "The request's body is too large. Send less at once."),
        StatusCodes.Status415UnsupportedMediaType => new(status, "request.unsupported_media_type", "Send the body as application/json in UTF-8."),
        < 500 => new(status, "request.invalid", "The request is not valid HTTP."),
        _ => new(status, "internal", "Something went wrong on our side. If it stays so, report it with the traceId of this answer."),
    };

    /// <summary>Answers a request to which nothing has been answered yet.</summary>
    /// <param name="isLast">The connection ends with this answer; HTTP/2 ends only the stream.</param>
    public async Task WriteAsync(HttpContext context, bool isLast = false)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (isLast && !HttpProtocol.IsHttp2(context.Request.Protocol))
            response.Headers.Connection = "close";
        if (RetryAfter is { } delay)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (Allow.Count > 0)
            response.Headers.Allow = string.Join(", ", Allow);
        // RFC 6750, 3.1: a token that does not count is named as the reason.
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = context.Request.Headers.Authorization.Count == 0 ? "Bearer" : "Bearer error=\"invalid_token\"";

        Write(response.BodyWriter, Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier);
        // Kestrel drops what it cannot send; a token would turn a failure that is told into one that is thrown.
        await response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    private void Write(IBufferWriter<byte> output, string traceId)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("type", "urn:relais:problem:" + Code);
        json.WriteString("title", Title(Status));
        json.WriteNumber("status", Status);
        json.WriteString("detail", Detail);
        json.WriteString("code", Code);
        json.WriteStartArray("errors");
        foreach (var (field, message) in Errors)
        {
            json.WriteStartObject();
            json.WriteString("field", field);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("traceId", traceId);
        json.WriteEndObject();
    }

    private static string Title(int status) => ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : "Problem";
}
