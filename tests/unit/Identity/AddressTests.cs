using Relais.Identity.Domain;

namespace Relais.Unit.Identity;

public sealed class AddressTests
{
    [Theory]
    [InlineData("Paul.Durand@Example.COM", "paul.durand@example.com")]
    [InlineData("  paul@example.com\t", "paul@example.com")]
    [InlineData("paul+shop@example.com", "paul+shop@example.com")]
    [InlineData("o'neil@mail.example.co.uk", "o'neil@mail.example.co.uk")]
    [InlineData("Zoe\u0301@exemple.fr", "zo\u00e9@exemple.fr")]
    [InlineData("root@localhost", "root@localhost")]
    public void Email_written_in_several_ways_is_one(string written, string compared) => Assert.Equal(compared, EmailAddress.Normalise(written));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("paul")]
    [InlineData("@example.com")]
    [InlineData("paul@")]
    [InlineData("paul@@example.com")]
    [InlineData("paul@example..com")]
    [InlineData("paul@-example.com")]
    [InlineData("pa ul@example.com")]
    [InlineData("paul\0@example.com")]
    [InlineData("paul@example.com\0")]
    [InlineData("Paul <paul@example.com>")]
    [InlineData("a@example.com, b@example.com")]
    public void Email_that_is_none_is_not_taken(string written) => Assert.Null(EmailAddress.Normalise(written));

    // Not among the cases above: an attribute cannot hold half a character.
    [Fact]
    public void Email_with_half_a_character_is_not_taken() => Assert.Null(EmailAddress.Normalise('\ud800' + "@example.com"));

    [Fact]
    public void Email_longer_than_mail_can_carry_is_not_taken()
    {
        Assert.Null(EmailAddress.Normalise(new string('a', 65) + "@example.com"));
        Assert.Null(EmailAddress.Normalise("a@" + string.Join('.', Enumerable.Repeat(new string('b', 60), 5))));
        Assert.NotNull(EmailAddress.Normalise(new string('a', 64) + "@example.com"));
    }

    [Theory]
    [InlineData("+33 6 12 34 56 78", "+33612345678")]
    [InlineData("+33 (0)6 12 34 56 78", "+33612345678")]
    [InlineData("0033-6.12.34.56.78", "+33612345678")]
    [InlineData("+33\u00a06\u202f12345678", "+33612345678")]
    [InlineData("(212) 555-0100", "2125550100")]
    [InlineData("06 12 34 56 78", "0612345678")]
    public void Phone_number_keeps_its_digits_and_its_country(string written, string compared) => Assert.Equal(compared, ContactAddress.Normalise("phone", written));

    [Theory]
    [InlineData("12345")]
    [InlineData("+1234567890123456")]
    [InlineData("call me")]
    [InlineData("+33 6 12 34 56 7x")]
    [InlineData("++33612345678")]
    [InlineData("٠٦١٢٣٤٥٦٧٨")]
    [InlineData("")]
    public void Phone_number_that_is_none_is_not_taken(string written) => Assert.Null(ContactAddress.Normalise("phone", written));

    [Theory]
    [InlineData("email", true)]
    [InlineData("web_chat", true)]
    [InlineData("x2", true)]
    [InlineData("Email", false)]
    [InlineData("", false)]
    [InlineData("2x", false)]
    [InlineData("a b", false)]
    [InlineData("email\n", false)]
    public void Kind_of_a_contact_point_is_a_channels_id(string kind, bool accepted) => Assert.Equal(accepted, ContactAddress.IsKind(kind));

    [Theory]
    [InlineData("acme", true)]
    [InlineData("acme-2", true)]
    [InlineData("a", true)]
    [InlineData("2acme", false)]
    [InlineData("acme-", false)]
    [InlineData("acme--x", false)]
    [InlineData("acmé", false)]
    [InlineData("acme\n", false)]
    public void Tenant_id_is_a_slug(string id, bool accepted) => Assert.Equal(accepted, Tenant.IsId(id));

    [Theory]
    [InlineData(" Help.Example.com. ", "help.example.com")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("help.example.com:8080", null)]
    [InlineData("https://help.example.com", null)]
    [InlineData("", null)]
    public void Host_name_is_compared_in_one_form(string written, string? compared) => Assert.Equal(compared, Tenant.NormaliseHost(written));
}
