using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relais.Identity.Domain;

/// <summary>Time-based one-time passwords (RFC 6238): six digits, steps of 30 s, HMAC-SHA-1.</summary>
internal static class Totp
{
    public const int Digits = 6;

    /// <summary>As long as the hash, as RFC 4226 (R6) recommends.</summary>
    public const int SecretLength = 20;

    private const int StepSeconds = 30;

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretLength);

    /// <summary>
    /// The time step whose code this is, at most one step away from <paramref name="now"/> and later than
    /// <paramref name="lastStep"/>, the one used before; null when there is none.
    /// </summary>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        var given = Encoding.ASCII.GetBytes(code.Trim());
        var current = now.ToUnixTimeSeconds() / StepSeconds;
        long? matched = null;
        for (var step = current - 1; step <= current + 1; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(CodeAt(secret, step)), given) && step > lastStep)
                matched ??= step;
        }

        return matched;
    }

    /// <summary>The code of the moment.</summary>
    public static string CodeAt(ReadOnlySpan<byte> secret, DateTimeOffset moment) => CodeAt(secret, moment.ToUnixTimeSeconds() / StepSeconds);

    /// <summary>The secret as authenticator apps take it (RFC 4648 base32 without padding).</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length * 8 + 4) / 5);
        var (buffer, bits) = (0, 0);
        foreach (var value in bytes)
        {
            buffer = (buffer << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5)
                text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }

        return bits > 0 ? text.Append(Alphabet[(buffer << (5 - bits)) & 31]).ToString() : text.ToString();
    }

    /// <summary>The address that an authenticator app reads from a QR code (Google's Key Uri Format).</summary>
    public static string Uri(string issuer, string account, string secret) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}?secret={secret}&issuer={System.Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period={StepSeconds}";

    [SuppressMessage("Security", "CA5350", Justification = "Authenticator apps compute HMAC-SHA-1, which its broken collision resistance does not touch.")]
    private static string CodeAt(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, counter, hash);
        var offset = hash[^1] & 0xf;
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[offset..]) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
