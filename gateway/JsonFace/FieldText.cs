using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Relais.Gateway.JsonFace;

/// <summary>Why a value does not fit its field: a stable code, and what the field takes, to follow the field's name in a sentence.</summary>
internal sealed record Misfit(string Code, string Takes)
{
    public const string WrongType = "request.wrong_type";
    public const string OutOfRange = "request.out_of_range";
    public const string UnknownValue = "request.unknown_value";
    public const string InvalidText = "request.invalid_text";
}

/// <summary>Values of single fields as text: in a path, in a query, and where JSON gives them as strings.</summary>
internal static class FieldText
{
    /// <summary>Reads one value; of a repeated field, one element.</summary>
    public static Misfit? Read(FieldDescriptor field, string text, out object value)
    {
        value = text;
        return field.FieldType switch
        {
            FieldType.String => text.Contains('\0', StringComparison.Ordinal) ? Nul : null,
            FieldType.Bool => text switch
            {
                "true" => Take(true, out value),
                "false" => Take(false, out value),
                _ => new Misfit(Misfit.WrongType, "takes true or false"),
            },
            FieldType.Enum => Enum(field.EnumType, text, out value),
            FieldType.Double or FieldType.Float => Real(field, text, out value),
            FieldType.Bytes => Bytes(text, out value),
            FieldType.Message => Message(field, text, out value),
            FieldType.Group => throw new NotSupportedException("Proto3 has no groups."),
            _ => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? Whole(field.FieldType, number, out value)
                : TakesWhole(field.FieldType, Misfit.WrongType),
        };
    }

    public static Misfit Nul { get; } = new(Misfit.InvalidText, "takes text without the character NUL (U+0000)");

    /// <summary>A whole number in the range of its type; 1.0 and 1e2 are whole.</summary>
    public static Misfit? Whole(FieldType type, decimal number, out object value)
    {
        value = number;
        if (decimal.Truncate(number) != number)
            return TakesWhole(type, Misfit.WrongType);

        var (least, most) = Range(type);
        if (number < least || number > most)
            return TakesWhole(type, Misfit.OutOfRange);

        value = type switch
        {
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)number,
            FieldType.UInt32 or FieldType.Fixed32 => (uint)number,
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (long)number,
            _ => (object)(ulong)number,
        };
        return null;
    }

    public static Misfit TakesWhole(FieldType type, string code)
    {
        var (least, most) = Range(type);
        return new Misfit(code, string.Create(CultureInfo.InvariantCulture, $"takes a whole number from {least} to {most}"));
    }

    public static Misfit? Enum(EnumDescriptor type, string name, out object value)
    {
        var found = type.FindValueByName(name);
        value = found?.Number ?? 0;
        return found is null ? TakesNameOf(type) : null;
    }

    /// <summary>The value without a meaning of its own, which each enum has at 0, is left out of the sentence.</summary>
    public static Misfit TakesNameOf(EnumDescriptor type) =>
        new(Misfit.UnknownValue, "takes " + string.Join(", ", type.Values.Where(known => known.Number != 0).Select(known => known.Name)));

    /// <summary>RFC 3339 in UTC or with an offset, or a day as yyyy-MM-dd, which means its beginning in UTC.</summary>
    public static bool TryTimestamp(string text, out Timestamp value)
    {
        value = new Timestamp();
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (text.Length == 10 && DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, utc, out var day))
        {
            value = Timestamp.FromDateTime(day);
            return true;
        }

        // The fraction is read apart, since .NET's formats end at seven digits and a Timestamp has nine.
        var rest = text.AsSpan();
        if (rest.Length < 20)
            return false;
        var head = rest[..19];
        rest = rest[19..];
        var nanos = 0;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9)
                return false;
            nanos = int.Parse(rest.Slice(1, digits), CultureInfo.InvariantCulture);
            for (var missing = digits; missing < 9; missing++)
                nanos *= 10;
            rest = rest[(digits + 1)..];
        }

        if (!DateTimeOffset.TryParseExact(string.Concat(head, rest), "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
            || !(rest is "Z" || rest is ['+' or '-', _, _, ':', _, _]))
        {
            return false;
        }

        value = Timestamp.FromDateTimeOffset(instant);
        value.Nanos = nanos;
        return true;
    }

    private static Misfit? Take(object found, out object value)
    {
        value = found;
        return null;
    }

    private static Misfit? Real(FieldDescriptor field, string text, out object value)
    {
        value = 0d;
        // JSON's own grammar has no names for these three; the protobuf mapping spells them so.
        var known = text is "NaN" or "Infinity" or "-Infinity";
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || (!known && !double.IsFinite(number)))
            return new Misfit(Misfit.WrongType, "takes a number");
        return Real(field.FieldType, number, known, out value);
    }

    public static Misfit? Real(FieldType type, double number, bool mayBeInfinite, out object value)
    {
        value = number;
        if (type != FieldType.Float)
            return null;
        var single = (float)number;
        value = single;
        return float.IsInfinity(single) && !mayBeInfinite ? new Misfit(Misfit.OutOfRange, "takes a number in the range of single precision") : null;
    }

    private static Misfit? Bytes(string text, out object value)
    {
        var plain = text.Replace('-', '+').Replace('_', '/');
        var buffer = new byte[plain.Length];
        var padded = plain.PadRight((plain.Length + 3) / 4 * 4, '=');
        if (Convert.TryFromBase64String(padded, buffer, out var length))
        {
            value = ByteString.CopyFrom(buffer, 0, length);
            return null;
        }

        value = ByteString.Empty;
        return new Misfit(Misfit.WrongType, "takes bytes in base64");
    }

    private static Misfit? Message(FieldDescriptor field, string text, out object value)
    {
        value = text;
        if (field.Wrapped() is { } scalar)
            return Read(scalar, text, out value);

        switch (field.MessageType.FullName)
        {
            case "google.protobuf.Timestamp":
                var isInstant = TryTimestamp(text, out var instant);
                value = instant;
                return isInstant ? null : new Misfit(Misfit.WrongType, "takes a time such as 2026-01-31T08:30:00Z, or a day such as 2026-01-31");
            case "google.protobuf.FieldMask":
                value = new FieldMask { Paths = { text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(SnakeCase) } };
                return null;
            case "google.protobuf.Duration":
                var isDuration = TryDuration(text, out var duration);
                value = duration;
                return isDuration ? null : new Misfit(Misfit.WrongType, "takes a duration in seconds such as 1.5s");
            default:
                return new Misfit(Misfit.WrongType, "takes an object");
        }
    }

    // Ten thousand years, the limit of google.protobuf.Duration.
    private const decimal LongestDuration = 315_576_000_000m;

    private static bool TryDuration(string text, out Duration value)
    {
        value = new Duration();
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!text.EndsWith('s') || !decimal.TryParse(text.AsSpan(0, text.Length - 1), style, CultureInfo.InvariantCulture, out var seconds) || Math.Abs(seconds) > LongestDuration)
            return false;

        var whole = decimal.Truncate(seconds);
        value.Seconds = (long)whole;
        value.Nanos = (int)((seconds - whole) * 1_000_000_000);
        return true;
    }

    private static string SnakeCase(string path) =>
        string.Concat(path.Select(letter => char.IsAsciiLetterUpper(letter) ? "_" + char.ToLowerInvariant(letter) : letter.ToString()));

    private static (decimal Least, decimal Most) Range(FieldType type) => type switch
    {
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int.MinValue, int.MaxValue),
        FieldType.UInt32 or FieldType.Fixed32 => (uint.MinValue, uint.MaxValue),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => (long.MinValue, long.MaxValue),
        _ => (ulong.MinValue, ulong.MaxValue),
    };
}
