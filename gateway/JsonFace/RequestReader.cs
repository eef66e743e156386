using System.Buffers;
using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.Features;
using Relais.Common.Coordination;
using Relais.Gateway.Problems;

namespace Relais.Gateway.JsonFace;

/// <summary>Turns an HTTP request into the message that the method takes.</summary>
internal sealed class RequestReader(GatewayOptions options)
{
    /// <summary>The message, or what is wrong with the request; never both.</summary>
    public async ValueTask<(IMessage? Message, Problem? Problem)> ReadAsync(HttpContext context, HttpBinding binding, IReadOnlyList<string> pathValues)
    {
        var method = binding.Method;
        var message = MessageShape.NewMessage(method.Descriptor.InputType);
        List<FieldDescriptor>? given = binding.HttpMethod == "PATCH" && method.UpdateMask is not null ? [] : null;

        var problem = binding.TakesBody ? await ReadBodyAsync(context, method, message, given) : RefuseBody(context.Request);
        problem ??= QueryBinding.Bind(message, context.Request.QueryString.Value, binding.NotInQuery);
        problem ??= FillPath(message, binding, pathValues)
            ?? FillEtag(context.Request, message, method)
            ?? CheckWait(message, method);
        if (problem is not null)
            return (null, problem);

        if (given is not null && !given.Contains(method.UpdateMask!))
            method.UpdateMask!.Accessor.SetValue(message, MaskOf(given, binding, method));
        return (message, null);
    }

    /// <summary>
    /// The mask of a PATCH that names none: the fields that the body gives, without those that say what to change and how.
    /// </summary>
    internal static FieldMask MaskOf(IEnumerable<FieldDescriptor> given, HttpBinding binding, ApiMethod method) => new()
    {
        Paths =
        {
            given.Where(field => field != method.Etag && field != method.UpdateMask && field.Name != "request_id" && !binding.PathFields.Contains(field))
                .Select(field => field.Name),
        },
    };

    private async ValueTask<Problem?> ReadBodyAsync(HttpContext context, ApiMethod method, IMessage message, List<FieldDescriptor>? given)
    {
        var request = context.Request;
        var limit = method.IsBulk ? options.LargestImportBytes : options.LargestBodyBytes;
        if (request.ContentLength > limit)
            return TooLarge(limit);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;

        var body = request.BodyReader;
        while (true)
        {
            // Kestrel ends the read itself when the client leaves; a token would leave the connection in mid-read.
            var read = await body.ReadAsync(CancellationToken.None);
            if (read.Buffer.Length > limit)
            {
                body.AdvanceTo(read.Buffer.End);
                return TooLarge(limit);
            }

            if (!read.IsCompleted)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var problem = read.Buffer.IsEmpty ? null : CheckContent(request) ?? Read(read.Buffer, message, given);
            body.AdvanceTo(read.Buffer.End);
            return problem;
        }
    }

    private static Problem? Read(ReadOnlySequence<byte> body, IMessage message, List<FieldDescriptor>? given)
    {
        if (ProtoJsonReader.Read(body, message, given) is not { } fault)
            return null;
        return fault.Field.Length == 0
            ? Problem.Bad(fault.Code, fault.Message)
            : Problem.Bad(fault.Code, $"The field '{fault.Field}' {fault.Message}.", fault.Field, fault.Message);
    }

    private static Problem? CheckContent(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase))
        {
            return Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType) with
            {
                Detail = string.IsNullOrEmpty(request.ContentType)
                    ? "The request has a body, but no Content-Type. Send 'Content-Type: application/json'."
                    : "This call takes JSON. Send 'Content-Type: application/json'.",
            };
        }

        if (type.CharSet is { } charset && !charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType) with { Detail = "JSON is UTF-8 here. Encode the body so." };
        return request.Headers.ContentEncoding is [var encoding, ..] && encoding is not (null or "" or "identity")
            ? Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType) with { Detail = "Send the body without a Content-Encoding." }
            : null;
    }

    private static Problem? RefuseBody(HttpRequest request) =>
        request.ContentLength > 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0)
            ? Problem.Bad("request.unexpected_body", "This call takes no body. Put its fields into the query.")
            : null;

    private static Problem TooLarge(long limit) => Problem.OfStatus(StatusCodes.Status413PayloadTooLarge) with
    {
        Detail = $"The body is larger than {limit / (1 << 20)} MB, which is the most that this call takes. Send less at once.",
    };

    private static Problem? FillPath(IMessage message, HttpBinding binding, IReadOnlyList<string> values)
    {
        for (var position = 0; position < values.Count; position++)
        {
            var field = binding.PathFields[position];
            if (FieldText.Read(field, values[position], out var value) is { } misfit)
                return Problem.Bad(misfit.Code, $"The path's {field.JsonName} {misfit.Takes}.", field.JsonName, misfit.Takes);
            if (binding.TakesBody && field.FieldType == FieldType.String && field.Accessor.GetValue(message) is string { Length: > 0 } other && !other.Equals(value))
            {
                return Problem.Bad(
                    "request.path_mismatch", $"The body names another {field.JsonName} than the path. Leave it out of the body.", field.JsonName, "is not what the path says");
            }

            field.Accessor.SetValue(message, value);
        }

        return null;
    }

    private static Problem? FillEtag(HttpRequest request, IMessage message, ApiMethod method)
    {
        if (method.Etag is null || request.Headers.IfMatch is not [{ Length: > 0 } header, ..] || header == "*")
            return null;
        if (!EntityTagHeaderValue.TryParse(header, out var tag) || request.Headers.IfMatch.Count > 1)
            return Problem.Bad("request.invalid_header", "If-Match takes the one ETag that you read, with its quotation marks.", "If-Match", "is not one entity tag");

        if (method.Etag.Accessor.GetValue(message) is string { Length: > 0 } other && other.Trim('"') != tag.Tag.Trim('"'))
            return Problem.Bad("request.etag_mismatch", "If-Match and the body name different etags. Send one of them.", "etag", "is not what If-Match says");
        method.Etag.Accessor.SetValue(message, tag.Tag);
        return null;
    }

    private static Problem? CheckWait(IMessage message, ApiMethod method) =>
        method.WaitSeconds?.Accessor.GetValue(message) is int and (< 0 or > LongPoll.LongestSeconds)
            ? Problem.Bad(
                Misfit.OutOfRange, $"waitSeconds takes a whole number from 0 to {LongPoll.LongestSeconds}.", "waitSeconds", $"takes a whole number from 0 to {LongPoll.LongestSeconds}")
            : null;
}
