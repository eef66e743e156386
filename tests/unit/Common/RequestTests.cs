using Relais.Common.Requests;

namespace Relais.Unit.Common;

/// <summary>What no database keeps or compares is refused before one sees it.</summary>
public sealed class RequestTests
{
    [Theory]
    [InlineData("\0")]
    [InlineData("a\u0001b")]
    [InlineData("a\nb")]
    public void Control_characters_are_refused_in_request_ids_page_tokens_and_filters(string text)
    {
        Assert.Equal("requestId", Assert.Single(new Check().RequestId(text).Failure!.Fields).Field);
        Assert.Equal("page_token.invalid", Paging.KeyOf(Paging.TokenAfter(text)).Failure?.Code);
        Assert.Equal("filter.invalid", FilterTerms.Parse($"email:{text}x", "email").Failure?.Code);
    }

    [Fact]
    public void Other_text_is_let_through()
    {
        Assert.Null(new Check().RequestId("opening 7 é 👍").Failure);
        Assert.Equal("crédit-1", Paging.KeyOf(Paging.TokenAfter("crédit-1")).Value);
        Assert.Equal("é", FilterTerms.Parse("email:é", "email").Value["email"]);
    }
}
