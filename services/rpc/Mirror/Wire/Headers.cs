using System.Buffers;
using System.Globalization;
using System.Text;
using Grpc.Core;

namespace Relais.Rpc.Wire;

/// <summary>Names and value formats of the gRPC protocol's headers.</summary>
internal static class Headers
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";

    /// <summary>Metadata that selects the encoding of a call's own messages; it does not cross the wire.</summary>
    public const string EncodingRequest = "grpc-internal-encoding-request";

    private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;
    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(code => (char)code).Where(c => c != '%')]);

    /// <summary><c>application/grpc</c>, alone or with a suffix or parameters.</summary>
    public static bool IsGrpc(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
            return false;
        return contentType.Length == ContentType.Length || contentType[ContentType.Length] is ';' or '+' or ' ';
    }

    /// <summary>At most eight digits and a unit; rounded up, so that a server never gives up before its client.</summary>
    public static string FormatTimeout(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
            return "1n";
        const long max = 99_999_999;
        var micros = DivideUp(timeout.Ticks, TicksPerMicrosecond);
        if (micros <= max)
            return Text(micros, 'u');
        var millis = DivideUp(timeout.Ticks, TimeSpan.TicksPerMillisecond);
        if (millis <= max)
            return Text(millis, 'm');
        var seconds = DivideUp(timeout.Ticks, TimeSpan.TicksPerSecond);
        return seconds <= max ? Text(seconds, 'S') : Text(DivideUp(timeout.Ticks, TimeSpan.TicksPerMinute), 'M');

        static long DivideUp(long value, long by) => value / by + (value % by > 0 ? 1 : 0);
        static string Text(long value, char unit) => string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
    }

    /// <summary>False when the value is not a timeout of the protocol.</summary>
    public static bool TryParseTimeout(ReadOnlySpan<char> value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length is < 2 or > 9 || !long.TryParse(value[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            return false;
        double ticks = value[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TicksPerMicrosecond,
            'n' => 0.01,
            _ => 0,
        };
        if (ticks == 0)
            return false;
        var total = Math.Ceiling(amount * ticks);
        timeout = total >= TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : TimeSpan.FromTicks((long)total);
        return true;
    }

    /// <summary>UTF-8, with everything but printable ASCII percent-encoded.</summary>
    public static string EncodeMessage(string message) => message.AsSpan().ContainsAnyExcept(Plain) ? PercentEncode(message) : message;

    /// <summary>Never fails: what is no valid escape stays as it is.</summary>
    public static string DecodeMessage(string value)
    {
        if (!value.Contains('%'))
            return value;
        var bytes = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(value.Length)];
        var count = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit(value[i + 1]) && char.IsAsciiHexDigit(value[i + 2]))
            {
                bytes[count++] = byte.Parse(value.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                i += 2;
            }
            else
            {
                count += System.Text.Encoding.UTF8.GetBytes(value.AsSpan(i, 1), bytes.AsSpan(count));
            }
        }
        return System.Text.Encoding.UTF8.GetString(bytes, 0, count);
    }

    /// <summary>The value of an entry as it stands in a header: text, or base64 without padding.</summary>
    /// <exception cref="RpcException">Internal: the text has other characters than printable ASCII.</exception>
    public static string Encode(Metadata.Entry entry)
    {
        if (entry.IsBinary)
            return Convert.ToBase64String(entry.Bytes).TrimEnd('=');
        return entry.Value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? throw new RpcException(new Status(StatusCode.Internal, $"The metadata '{entry.Key}' has a character that a header cannot carry: send bytes in a key that ends in {Metadata.BinaryHeaderSuffix}."))
            : entry.Value;
    }

    /// <summary>Adds a received header; a binary one may hold several values joined by commas, with or without padding.</summary>
    /// <exception cref="RpcException">Internal: a binary header is not base64.</exception>
    public static void AddReceived(Metadata metadata, string lowerCaseKey, string value)
    {
        if (!lowerCaseKey.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
        {
            metadata.Add(Metadata.Entry.Received(lowerCaseKey, value));
            return;
        }
        foreach (var part in value.AsSpan().Split(','))
            metadata.Add(Metadata.Entry.Received(lowerCaseKey, DecodeBase64(lowerCaseKey, value.AsSpan(part).Trim())));
    }

    private static byte[] DecodeBase64(string key, ReadOnlySpan<char> value)
    {
        value = value.TrimEnd('=');
        Span<char> padded = value.Length <= 256 ? stackalloc char[260] : new char[value.Length + 3];
        value.CopyTo(padded);
        var length = value.Length;
        while (length % 4 != 0)
            padded[length++] = '=';
        var bytes = new byte[length / 4 * 3];
        if (!Convert.TryFromBase64Chars(padded[..length], bytes, out var written))
            throw new RpcException(new Status(StatusCode.Internal, $"The metadata '{key}' is not base64."));
        return written == bytes.Length ? bytes : bytes[..written];
    }

    private static string PercentEncode(string message)
    {
        var result = new StringBuilder(message.Length + 16);
        foreach (var b in System.Text.Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
                result.Append((char)b);
            else
                result.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return result.ToString();
    }
}
