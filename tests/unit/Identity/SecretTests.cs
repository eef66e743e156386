using System.Security.Cryptography;
using Relais.Identity;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;

namespace Relais.Unit.Identity;

public sealed class SecretTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void Sealed_secret_opens_for_its_purpose_and_key_alone()
    {
        var box = new SecretBox(Key);
        var sealedSecret = box.Seal("totp/acme/1", [1, 2, 3]);
        Assert.Equal([1, 2, 3], new SecretBox(Key).Open("totp/acme/1", sealedSecret));
        Assert.NotEqual(sealedSecret, box.Seal("totp/acme/1", [1, 2, 3]));
        Assert.ThrowsAny<CryptographicException>(() => box.Open("totp/acme/2", sealedSecret));
        Assert.ThrowsAny<CryptographicException>(() => new SecretBox(RandomNumberGenerator.GetBytes(32)).Open("totp/acme/1", sealedSecret));
    }

    [Fact]
    public void Sealed_secret_that_was_changed_anywhere_does_not_open()
    {
        var box = new SecretBox(Key);
        var sealedSecret = box.Seal("x", [1, 2, 3]);
        for (var position = 0; position < sealedSecret.Length; position++)
        {
            var damaged = sealedSecret.ToArray();
            damaged[position] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => box.Open("x", damaged));
        }

        Assert.ThrowsAny<CryptographicException>(() => box.Open("x", sealedSecret.AsSpan(0, 28)));
        Assert.ThrowsAny<CryptographicException>(() => box.Open("x", []));
    }

    [Fact]
    public void Derived_secret_is_the_same_for_the_same_purpose_and_key()
    {
        Assert.Equal(new SecretBox(Key).Derive("a"), new SecretBox(Key).Derive("a"));
        Assert.NotEqual(new SecretBox(Key).Derive("a"), new SecretBox(Key).Derive("b"));
        Assert.NotEqual(new SecretBox(Key).Derive("a"), new SecretBox(RandomNumberGenerator.GetBytes(32)).Derive("a"));
    }

    [Theory]
    [InlineData("correct horse", "", true)]
    [InlineData("ten chars!", "", true)]
    [InlineData("nine char", "", false)]
    [InlineData("abababababab", "", false)]
    [InlineData("ada@acme.example", "Ada@acme.example", false)]
    [InlineData("with a \0 in it", "", false)]
    public void Password_is_long_and_not_the_address(string password, string email, bool accepted) =>
        Assert.Equal(accepted, PasswordRule.Problem(password, email) is null);

    [Fact]
    public void Password_longer_than_useful_is_refused() =>
        Assert.NotNull(PasswordRule.Problem(string.Concat(Enumerable.Repeat("abcdefgh", 26)), ""));

    [Fact]
    public void Client_id_names_its_tenant_and_row()
    {
        var id = Guid.CreateVersion7();
        Assert.Equal(("acme", id), MachineClient.Parse(MachineClient.ClientIdOf("acme", id)));
        foreach (var wrong in new[] { "", "acme", "acme.", ".x", "acme.x", $"Acme.{id:N}", $"acme.{id}", $"acme.{id:N}.x" })
            Assert.Null(MachineClient.Parse(wrong));
    }

    [Theory]
    [InlineData("", "a b")]
    [InlineData("b", "b")]
    [InlineData(" b  a b ", "b a")]
    [InlineData("c", null)]
    [InlineData("a c", null)]
    [InlineData("A", null)]
    public void Client_is_granted_what_it_asks_for_out_of_what_it_has(string scope, string? granted)
    {
        var client = new MachineClient { Id = Guid.NewGuid(), DisplayName = "x", SecretHash = [], Scopes = ["a", "b"], CreatedAt = DateTimeOffset.UnixEpoch };
        Assert.Equal(granted, client.Grant(scope) is { } scopes ? string.Join(' ', scopes) : null);
    }

    [Fact]
    public void Options_are_right_by_default_but_for_the_key()
    {
        Assert.Single(new IdentityOptions().Problems());
        Assert.Empty(new IdentityOptions { MasterKey = Convert.ToBase64String(Key) }.Problems());
        Assert.Single(new IdentityOptions { MasterKey = Convert.ToBase64String(Key[..31]) }.Problems());
        Assert.Single(new IdentityOptions { MasterKey = Convert.ToBase64String([.. Key, 0]) }.Problems());
    }
}
