using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Relais.Identity.Tokens;

/// <summary>
/// Seals what must be read again (AES-256-GCM) and derives what can be computed again (HMAC-SHA-256), with keys from the
/// master key (HKDF, RFC 5869).
/// </summary>
internal sealed class SecretBox(byte[] masterKey)
{
    // The first byte of what is sealed; another cipher would take another number.
    private const byte Version = 1;

    private static readonly int NonceLength = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagLength = AesGcm.TagByteSizes.MaxSize;

    private readonly byte[] sealing = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "relais.identity.seal.1"u8.ToArray());
    private readonly byte[] deriving = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "relais.identity.derive.1"u8.ToArray());

    /// <summary>Version, nonce, tag, ciphertext.</summary>
    /// <param name="purpose">What it is for and whose: it opens for the same purpose only.</param>
    public byte[] Seal(string purpose, ReadOnlySpan<byte> secret)
    {
        var box = new byte[1 + NonceLength + TagLength + secret.Length];
        box[0] = Version;
        var nonce = box.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        // One object per use: AesGcm may not be used by two threads at once.
        using var aes = new AesGcm(sealing, TagLength);
        aes.Encrypt(nonce, secret, box.AsSpan(1 + NonceLength + TagLength), box.AsSpan(1 + NonceLength, TagLength), Encoding.UTF8.GetBytes(purpose));
        return box;
    }

    /// <exception cref="CryptographicException">Sealed under another key or for another purpose, or damaged.</exception>
    public byte[] Open(string purpose, ReadOnlySpan<byte> box)
    {
        if (box.Length < 1 + NonceLength + TagLength || box[0] != Version)
            throw new CryptographicException("This is nothing that was sealed here.");
        var secret = new byte[box.Length - 1 - NonceLength - TagLength];
        using var aes = new AesGcm(sealing, TagLength);
        aes.Decrypt(box.Slice(1, NonceLength), box[(1 + NonceLength + TagLength)..], box.Slice(1 + NonceLength, TagLength), secret, Encoding.UTF8.GetBytes(purpose));
        return secret;
    }

    /// <summary>256 bits in base64url that are always the same for a purpose, and that nobody can tell without the master key.</summary>
    public string Derive(string purpose) => Base64Url.EncodeToString(HMACSHA256.HashData(deriving, Encoding.UTF8.GetBytes(purpose)));
}
