using System.Text;
using Relais.Identity.Domain;

namespace Relais.Unit.Identity;

public sealed class TotpTests
{
    // RFC 6238, appendix B, SHA-1: its eight digits end in these six.
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Code_of_a_moment_is_that_of_the_rfc(long seconds, string code) =>
        Assert.Equal(code, Totp.CodeAt(Secret, DateTimeOffset.FromUnixTimeSeconds(seconds)));

    [Theory]
    [InlineData(-60, false)]
    [InlineData(-30, true)]
    [InlineData(0, true)]
    [InlineData(30, true)]
    [InlineData(60, false)]
    public void Code_counts_one_step_early_or_late_and_no_further(int drift, bool counts)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_234_567_890);
        Assert.Equal(counts, Totp.Match(Secret, Totp.CodeAt(Secret, now.AddSeconds(drift)), now, lastStep: 0) is not null);
    }

    [Fact]
    public void Code_that_was_used_and_those_before_it_count_no_more()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_234_567_890);
        var step = Totp.Match(Secret, Totp.CodeAt(Secret, now), now, lastStep: 0)!.Value;
        Assert.Null(Totp.Match(Secret, Totp.CodeAt(Secret, now), now, step));
        Assert.Null(Totp.Match(Secret, Totp.CodeAt(Secret, now.AddSeconds(-30)), now, step));
        Assert.Equal(step + 1, Totp.Match(Secret, Totp.CodeAt(Secret, now.AddSeconds(30)), now, step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("28708")]
    [InlineData("2870822")]
    [InlineData("abcdef")]
    [InlineData("٢٨٧٠٨٢")]
    public void Code_that_is_none_does_not_count(string code) =>
        Assert.Null(Totp.Match(Secret, code, DateTimeOffset.FromUnixTimeSeconds(59), lastStep: 0));

    // RFC 4648, section 10, without its padding.
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_is_that_of_the_rfc(string text, string encoded) => Assert.Equal(encoded, Totp.ToBase32(Encoding.ASCII.GetBytes(text)));
}
