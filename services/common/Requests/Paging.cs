using System.Buffers.Text;
using System.Text;
using Relais.Common.Failures;

namespace Relais.Common.Requests;

/// <summary>Pages by key: a token names the last row seen, so that rows added meanwhile shift nothing.</summary>
public static class Paging
{
    public const int LargestPage = 200;

    private const int DefaultPage = 50;

    /// <summary>Rows of a page: what was asked for, 50 for 0, at most 200.</summary>
    public static int Size(int asked) => asked <= 0 ? DefaultPage : Math.Min(asked, LargestPage);

    /// <summary>The token behind a row.</summary>
    public static string TokenAfter(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    /// <summary>The key in a token; an empty token, the first page, gives null.</summary>
    public static Outcome<string?> KeyOf(string token)
    {
        if (token.Length == 0)
            return (string?)null;
        if (!Base64Url.IsValid(token))
            return BadToken();
        var key = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return key.Any(char.IsControl) ? BadToken() : key;
    }

    /// <summary>The key in a token of a list that is ordered by UUIDv7, which is by age.</summary>
    public static Outcome<Guid?> IdOf(string token)
    {
        var key = KeyOf(token);
        if (key.Failure is { } failure)
            return failure;
        if (key.Value is null)
            return (Guid?)null;
        return Guid.TryParse(key.Value, out var id) ? id : BadToken();
    }

    private static Failure BadToken() => Failure.Invalid(
        "page_token.invalid", "The page token is not one that this list gave. Start again without a token.",
        new FieldViolation("pageToken", "is not a token of this list."));
}
