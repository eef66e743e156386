using System.Security.Cryptography;
using System.Text.Json;
using Relais.Gateway.JsonFace;

namespace Relais.Gateway.OpenApi;

/// <summary>Serves the OpenAPI description, which is made when somebody first asks for it.</summary>
internal static class DescriptionEndpoint
{
    public const string Path = "/openapi/v1.json";

    private static readonly Lazy<(byte[] Json, string ETag)> Description = new(() =>
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(OpenApiDocument.Build(ApiMethod.All));
        return (json, $"\"{Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 8))}\"");
    });

    public static async Task AnswerAsync(HttpContext context)
    {
        var (json, etag) = Description.Value;
        var response = context.Response;
        response.Headers.ETag = etag;
        response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch.Contains(etag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.Body.WriteAsync(json, context.RequestAborted);
    }
}
