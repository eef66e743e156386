using Relais.Knowledge.Domain.Search;
using Xunit;

namespace Relais.Unit.Knowledge.Search;

public sealed class SearchIndexTests
{
    private readonly SearchIndex _index = HelpCentre.Index();

    [Theory]
    [InlineData("facture", "bill")]
    [InlineData("box en panne", "box")]
    [InlineData("mot de passe oublié", "password")]
    [InlineData("MOT DE PASSE OUBLIE", "password")]
    [InlineData("j'ai oublié mon mdp", "password")]
    [InlineData("mot de pase oublié", "password")]
    [InlineData("rezilier mon contrat", "cancel")]
    [InlineData("je démenage", "moving")]
    [InlineData("Comment relever l’compteur ?", "meter")]
    [InlineData("changer de RIB", "debit")]
    [InlineData("coment changer mes cordonnées bancaires", "debit")]
    public void Ask_what_an_article_answers_gives_it_first(string question, string article)
    {
        var result = _index.Ask(question, "fr");

        Assert.Equal(article, result.Candidates[0].ArticleId);
        Assert.True(result.Answered, $"refused at {result.Candidates[0].Confidence:F2}");
    }

    [Theory]
    [InlineData("quelle est la capitale du Pérou ?", "fr")]
    [InlineData("how do I train a neural network", "en")]
    [InlineData("comment réussir une mayonnaise", "fr")]
    [InlineData("xkjq zzrt plok", "fr")]
    [InlineData("qsdfghjklm", "fr")]
    [InlineData("!!!", "fr")]
    [InlineData("😀😀", "fr")]
    [InlineData("", "fr")]
    [InlineData("   ", "en")]
    [InlineData("le", "fr")]
    [InlineData("the", "en")]
    [InlineData("comment", "fr")]
    public void Ask_what_no_article_answers_is_refused(string question, string locale) =>
        Assert.False(_index.Ask(question, locale).Answered);

    [Fact]
    public void Ask_gives_five_candidates_when_there_are_that_many_with_falling_confidence()
    {
        var result = _index.Ask("mot de passe oublié", "fr");

        Assert.Equal(5, result.Candidates.Count);
        Assert.Equal(result.Candidates.Select(found => found.Confidence).OrderDescending(), result.Candidates.Select(found => found.Confidence));
        Assert.All(result.Candidates, found => Assert.InRange(found.Confidence, 0, 1));
        Assert.Equal(2, _index.Ask("router", "en").Candidates.Count);
    }

    [Fact]
    public void Ask_internal_article_is_for_staff_alone()
    {
        const string question = "gestes commerciaux";

        Assert.DoesNotContain(_index.Ask(question, "fr", take: 50).Candidates, found => found.ArticleId == "credits");
        Assert.DoesNotContain(_index.Ask(question, "fr", "professionnels", 50).Candidates, found => found.ArticleId == "credits");
        Assert.DoesNotContain(_index.Ask(question, "fr", Audiences.Public, 50).Candidates, found => found.ArticleId == "credits");
        Assert.Equal("credits", _index.Ask(question, "fr", "Internal").Candidates[0].ArticleId);
    }

    [Fact]
    public void Ask_with_an_audience_hides_what_is_for_another()
    {
        const string question = "TVA des entreprises";

        Assert.Equal("business", _index.Ask(question, "fr").Candidates[0].ArticleId);
        Assert.Equal("business", _index.Ask(question, "fr", "Professionnels").Candidates[0].ArticleId);
        Assert.DoesNotContain(_index.Ask(question, "fr", "particuliers", 50).Candidates, found => found.ArticleId == "business");
    }

    [Fact]
    public void Ask_falls_back_to_another_locale_only_when_the_asked_one_has_nothing()
    {
        var other = _index.Ask("déménage", "en");
        Assert.True(other.FromOtherLocale);
        Assert.Equal("moving", other.Candidates[0].ArticleId);
        Assert.Equal("fr", other.Candidates[0].Locale);

        Assert.False(_index.Ask("router", "en-US").FromOtherLocale);
        Assert.True(_index.Ask("mot de passe oublié", "de").FromOtherLocale);
    }

    [Fact]
    public void Put_later_version_replaces_and_earlier_one_is_passed_over()
    {
        var old = HelpCentre.French[0];
        Assert.True(_index.Put(old with { Version = 3, Title = "Payer par chèque énergie", Body = "", ExampleQuestions = [] }));
        Assert.False(_index.Put(old with { Version = 2 }));

        var found = _index.Ask("chèque énergie", "fr").Candidates[0];
        Assert.Equal(("bill", 3L), (found.ArticleId, found.Version));
        Assert.NotEqual("bill", _index.Ask("comprendre ma facture", "fr").Candidates[0].ArticleId);
        Assert.Equal(HelpCentre.French.Length + HelpCentre.English.Length, _index.Count);
    }

    [Fact]
    public void Put_article_that_changed_its_locale_leaves_the_old_one()
    {
        _index.Put(HelpCentre.French[1] with { Version = 2, Locale = "en", Title = "The box is broken", Body = "", ExampleQuestions = [] });

        Assert.DoesNotContain(_index.Ask("box en panne", "fr", take: 50).Candidates, found => found.ArticleId == "box");
        Assert.Equal("box", _index.Ask("broken box", "en").Candidates[0].ArticleId);
    }

    [Fact]
    public void Remove_article_is_found_no_more()
    {
        Assert.True(_index.Remove("password"));
        Assert.False(_index.Remove("password"));
        Assert.False(_index.Remove("never there"));

        Assert.False(_index.Ask("mot de passe oublié", "fr").Answered);
    }

    [Fact]
    public void Index_changed_step_by_step_answers_like_one_built_at_once()
    {
        var changed = new SearchIndex();
        for (var round = 1; round <= 40; round++)
            foreach (var article in HelpCentre.French)
                changed.Put(article with { Version = round, Title = round < 40 ? $"{article.Title} {round}" : article.Title });
        changed.Put(HelpCentre.Article("gone", "Facture et contrat", "facture contrat box"));
        changed.Remove("gone");
        changed.Put(HelpCentre.English);

        foreach (var question in new[] { "facture", "box internet", "mot de pase", "résilier", "comment relever", "contrat" })
        {
            var fresh = _index.Ask(question, "fr", take: 9).Candidates;
            var stepwise = changed.Ask(question, "fr", take: 9).Candidates;
            Assert.Equal(fresh.Select(found => found.ArticleId), stepwise.Select(found => found.ArticleId));
            Assert.All(fresh.Zip(stepwise), pair => Assert.Equal(pair.First.Confidence, pair.Second.Confidence, 1e-5));
        }
    }

    [Fact]
    public void Snippet_is_the_passage_that_answers_in_whole_words_as_written()
    {
        var filler = string.Join(' ', Enumerable.Repeat("Ce paragraphe parle d'autre chose sans intérêt.", 30));
        _index.Put(HelpCentre.Article("long", "Conditions", $"{filler}\nLe dépôt de garantie est restitué sous trente jours à l'élève. {filler}"));

        var snippet = _index.Ask("restitution du depot de garantie", "fr").Candidates[0].Snippet;

        Assert.Contains("Le dépôt de garantie est restitué sous trente jours à l'élève.", snippet, StringComparison.Ordinal);
        Assert.InRange(snippet.Length, 100, 240);
        Assert.StartsWith("…", snippet, StringComparison.Ordinal);
        Assert.EndsWith("…", snippet, StringComparison.Ordinal);
    }

    [Fact]
    public void Ask_hostile_texts_neither_fail_nor_take_long()
    {
        foreach (var text in new[] { new string('a', 100_000), string.Concat(Enumerable.Repeat("facture ", 20_000)), "\ud83d", "a\0b", "\u202efacture\u202c", new string('\'', 5000) })
        {
            _index.Put(HelpCentre.Article("odd", text, text, text));
            Assert.NotNull(_index.Ask(text, "fr"));
        }
    }

    [Fact]
    public void Ask_of_an_empty_index_is_refused() =>
        Assert.Equal(AskResult.Nothing, new SearchIndex().Ask("facture", "fr"));

    [Fact]
    public async Task Asking_while_articles_change_always_sees_whole_articles()
    {
        var stop = false;
        var asked = 0;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                var result = _index.Ask("mot de passe oublié", "fr", take: 20);
                Assert.Equal("password", result.Candidates[0].ArticleId);
                Assert.Equal(result.Candidates.Count, result.Candidates.Select(found => found.ArticleId).Distinct().Count());
                Assert.All(result.Candidates, found => Assert.EndsWith(found.Version.ToString(System.Globalization.CultureInfo.InvariantCulture), found.Title + found.Version, StringComparison.Ordinal));
                Interlocked.Increment(ref asked);
            }
        }, TestContext.Current.CancellationToken)).ToArray();

        for (var round = 2; round < 2000 || Volatile.Read(ref asked) < 200; round++)
        {
            _index.Put(HelpCentre.Article($"churn-{round % 50}", $"Sujet {round}", $"Texte {round} sur la facture") with { Version = round });
            if (round % 3 == 0)
                _index.Remove($"churn-{round % 50}");
            if (readers.Any(reader => reader.IsFaulted))
                break;
        }
        Volatile.Write(ref stop, true);
        await Task.WhenAll(readers);
    }
}
