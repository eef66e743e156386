using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Relais.Common.Hosting;
using Relais.Contracts.Identity.V1;
using Relais.Gateway.Problems;

namespace Relais.Gateway.OAuth;

/// <summary>Machine sign-in: the token endpoint of RFC 6749 for the grant client_credentials.</summary>
internal sealed class TokenEndpoint(ServiceChannels channels, GatewayOptions options, TimeProvider clock)
{
    public const string Path = "/oauth2/token";

    private const int LargestForm = 16 * 1024;

    public async Task AnswerAsync(HttpContext context)
    {
        var (credentials, error) = await ReadAsync(context);
        if (error is not null)
        {
            await error.WriteAsync(context);
            return;
        }

        var identity = new Identity.IdentityClient(channels.Of("identity"));
        try
        {
            var token = await identity.IssueClientTokenAsync(
                credentials,
                new Metadata { { CallerHeaders.Host, CallerHeaders.HostOf(context.Request) } },
                clock.GetUtcNow().Add(options.CallTimeout).UtcDateTime,
                context.RequestAborted);
            await WriteAsync(context, token);
        }
        catch (RpcException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (RpcException failure)
        {
            await TokenError.Of(RpcFailure.ToProblem(failure)).WriteAsync(context);
        }
    }

    private static async Task<(IssueClientTokenRequest? Credentials, TokenError? Error)> ReadAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !string.Equals(type.MediaType, "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return (null, TokenError.InvalidRequest("Send the request as application/x-www-form-urlencoded."));

        var (form, problem) = await ReadFormAsync(context);
        if (problem is not null)
            return (null, problem);
        if (form!.TryGetValue("grant_type", out var grant) && grant != "client_credentials")
            return (null, new TokenError(StatusCodes.Status400BadRequest, "unsupported_grant_type", "The only grant_type is client_credentials."));
        if (grant is null)
            return (null, TokenError.InvalidRequest("grant_type is missing: send grant_type=client_credentials."));

        var credentials = new IssueClientTokenRequest
        {
            ClientId = form.GetValueOrDefault("client_id", ""),
            ClientSecret = form.GetValueOrDefault("client_secret", ""),
            Scope = form.GetValueOrDefault("scope", ""),
        };
        if (context.Request.Headers.Authorization is [{ } header, ..])
        {
            if (Basic(header) is not (var id, var secret))
                return (null, TokenError.InvalidClient("The Authorization header is not HTTP Basic with client id and secret."));
            if (credentials.ClientSecret.Length > 0 || (credentials.ClientId.Length > 0 && credentials.ClientId != id))
                return (null, TokenError.InvalidRequest("Send the credentials once: in the body or as HTTP Basic."));
            (credentials.ClientId, credentials.ClientSecret) = (id, secret);
        }

        if (credentials.ClientId.Length == 0 || credentials.ClientSecret.Length == 0)
            return (null, TokenError.InvalidClient("client_id and client_secret are missing."));
        // The services' own clients sign in on the inside only.
        return credentials.ClientId.StartsWith(PlatformOptions.ServiceClientPrefix, StringComparison.Ordinal)
            ? (null, TokenError.InvalidClient("There is no such client."))
            : (credentials, null);
    }

    private static async Task<(Dictionary<string, string>? Form, TokenError? Error)> ReadFormAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = LargestForm;

        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        var body = context.Request.BodyReader;
        while (true)
        {
            // Kestrel ends the read itself when the client leaves; a token would leave the connection in mid-read.
            var read = await body.ReadAsync(CancellationToken.None);
            if (!read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var text = Encoding.UTF8.GetString(read.Buffer);
            body.AdvanceTo(read.Buffer.End);
            foreach (var pair in new QueryStringEnumerable(text))
            {
                if (!form.TryAdd(pair.DecodeName().ToString(), pair.DecodeValue().ToString()))
                    return (null, TokenError.InvalidRequest("A parameter is given twice."));
            }

            // A NUL can be in no credential, and databases do not take it.
            return form.Values.Any(value => value.Contains('\0', StringComparison.Ordinal))
                ? (null, TokenError.InvalidRequest("A parameter holds the character NUL."))
                : (form, null);
        }
    }

    /// <summary>RFC 6749, 2.3.1: id and secret are form-encoded before they go into HTTP Basic.</summary>
    private static (string Id, string Secret)? Basic(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var value) || !value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || value.Parameter is null)
            return null;

        var bytes = new byte[value.Parameter.Length];
        if (!Convert.TryFromBase64String(value.Parameter, bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.Split(':', 2) is [var id, var secret] ? (WebUtility.UrlDecode(id), WebUtility.UrlDecode(secret)) : null;
    }

    private static async Task WriteAsync(HttpContext context, ClientToken token)
    {
        TokenError.Prepare(context.Response);
        Write(context.Response.BodyWriter, token);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static void Write(IBufferWriter<byte> output, ClientToken token)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("access_token", token.AccessToken);
        json.WriteString("token_type", "Bearer");
        json.WriteNumber("expires_in", token.ExpiresIn);
        json.WriteString("scope", token.Scope);
        json.WriteEndObject();
    }
}
