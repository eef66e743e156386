using System.Globalization;
using Relais.Tickets.Domain;

namespace Relais.Unit.Tickets;

public sealed class SubjectTests
{
    [Fact]
    public void Subject_is_the_first_substantial_text() =>
        Assert.Equal("Ma facture a doublé", Subject.Of([], ["Bonjour", "Ma facture\n a doublé", "Vous êtes là ?"], "un conseiller"));

    [Fact]
    public void Subject_is_the_last_question_that_self_care_could_not_answer() => Assert.Equal(
        "There is a wasps' nest in the cabinet",
        Subject.Of(["Do you sell gas bottles?", "There is a wasps' nest in the cabinet", "well ?"], ["My router is red"], ""));

    [Fact]
    public void Subject_without_substance_is_the_longest_text() => Assert.Equal("wifi lent", Subject.Of([], ["allo", "wifi lent", "?"], "oui"));

    [Fact]
    public void Subject_of_nothing_is_empty() => Assert.Equal("", Subject.Of([], [" "], ""));

    [Fact]
    public void Long_subject_ends_at_a_word()
    {
        var text = string.Join(' ', Enumerable.Repeat("électricité", 20));
        var subject = Subject.Of([], [text], "");
        Assert.True(subject.Length <= Subject.Longest);
        Assert.EndsWith("électricité…", subject, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("e\u0301")]
    [InlineData("字")]
    public void Long_word_is_cut_between_characters_as_a_reader_sees_them(string character)
    {
        var subject = Subject.Of([], [string.Concat(Enumerable.Repeat(character, 100))], "");
        Assert.True(subject.Length <= Subject.Longest);
        Assert.Equal(0, (subject.Length - 1) % character.Length);
        Assert.EndsWith(character + "…", subject, StringComparison.Ordinal);
    }

    [Fact]
    public void One_character_longer_than_the_room_is_cut_without_half_a_surrogate_pair()
    {
        var subject = Subject.Of([], ["a" + string.Concat(Enumerable.Repeat("\U000E0100", 100))], "");
        Assert.True(subject.Length <= Subject.Longest);
        Assert.False(char.IsHighSurrogate(subject[^2]));
        Assert.True(new StringInfo(subject).LengthInTextElements > 0);
    }
}
