using Google.Protobuf.WellKnownTypes;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Import;

namespace Relais.Unit.Knowledge;

public sealed class ImportEntryTests
{
    [Theory]
    [InlineData("""{"question":"Q ?","answer":"<p>R</p>","language":"EN","id":7}""", "Q ?", "<p>R</p>", "Html", "en", "7")]
    [InlineData("""{"titre":"T","contenu":"R","langue":"fr_ca","externalId":"k","id":"x"}""", "T", "R", "Markdown", "fr-CA", "k")]
    [InlineData("""{"Title":"T","bodyHtml":"R","body_text":"x"}""", "T", "R", "Html", "fr", "")]
    [InlineData("""{"title":"T","body":"","content":"R","bodyFormat":"html","locale":null}""", "T", "R", "Html", "fr", "")]
    public void Read_understands_names_of_other_systems(string json, string title, string body, string format, string locale, string externalId)
    {
        var entry = Read(json);
        Assert.Empty(entry.Defects);
        Assert.Equal((title, body, format, locale, externalId),
            (entry.Content.Title, entry.Content.Body, entry.Content.Format.ToString(), entry.Content.Locale, entry.ExternalId));
    }

    [Fact]
    public void Read_takes_lists_and_separated_texts()
    {
        var entry = Read("""{"title":"T","body":"R","keywords":"a, b;c | a","questions":"Un ?\nDeux ?","skills":["x",{"skill":"y","level":2}]}""");
        Assert.Empty(entry.Defects);
        Assert.Equal(["a", "b", "c"], entry.Content.Keywords);
        Assert.Equal(["Un ?", "Deux ?"], entry.Content.ExampleQuestions);
        Assert.Equal([new SkillNeed("x", 1), new SkillNeed("y", 2)], entry.Content.RequiredSkills);
    }

    [Theory]
    [InlineData("""[1]""", "", "import.not_an_object")]
    [InlineData("""{"title":1,"body":"R"}""", "title", "field.wrong_type")]
    [InlineData("""{"title":"T","body":{"a":1}}""", "body", "field.wrong_type")]
    [InlineData("""{"title":"T","body":"R","questions":[1]}""", "exampleQuestions", "field.wrong_type")]
    [InlineData("""{"title":"T","body":"R","requiredSkills":"billing"}""", "requiredSkills", "field.wrong_type")]
    [InlineData("""{"title":"T","body":"R","requiredSkills":[{"skill":"a","minimumLevel":1.5}]}""", "requiredSkills", "field.wrong_type")]
    [InlineData("""{"title":"T","body":"R","bodyFormat":"RTF"}""", "bodyFormat", "field.invalid")]
    [InlineData("""{"title":"T","body":"R","id":true}""", "externalId", "field.wrong_type")]
    [InlineData("""{"title":"T"}""", "body", "field.missing")]
    public void Read_reports_what_is_wrong(string json, string field, string code) =>
        Assert.Equal((field, code), Assert.Single(Read(json).Defects.Select(defect => (defect.Field, defect.Code))));

    [Fact]
    public void Read_without_any_locale_reports_it() =>
        Assert.Equal("locale", Assert.Single(ImportEntry.Read(3, Value.Parser.ParseJson("""{"title":"T","body":"R"}"""), "").Defects).Field);

    private static ImportEntry Read(string json) => ImportEntry.Read(0, Value.Parser.ParseJson(json), "fr");
}
