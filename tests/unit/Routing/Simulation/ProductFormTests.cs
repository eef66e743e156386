using System.Globalization;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

/// <summary>
/// First come, first served with the longest idle expert first has a steady state in closed form when arrivals are Poisson
/// and service is exponential (Adan and Weiss 2014): an exact answer for a graph of any shape.
/// </summary>
public sealed class ProductFormTests
{
    private const double MeanHandle = 100;
    private const double End = 1_500_000;

    // Three types, three experts: the first serves a, the second a and b, the third b and c. Levels make them 1, 1.35 and
    // .85 times as slow.
    private static readonly int[][] Serves = [[0], [0, 1], [1, 2]];
    private static readonly int[] Levels = [4, 2, 5];
    private static readonly double[] Factors = [1, 1, 1.35, 1, 1, .85];
    private static readonly double[] PerSecond = [.009, .006, .005];

    [Fact]
    public void Longest_idle_waits_as_the_product_form_says()
    {
        var expected = ExactMeanWaits();
        var waits = Enumerable.Range(1, 8).Select(seed => MeanWaits(seed)).ToList();

        for (var type = 0; type < PerSecond.Length; type++)
        {
            var simulated = Estimate.Of(waits.Select(wait => wait[type]));
            Assert.InRange(simulated.HalfWidth / expected[type], 0, .08);
            Assert.InRange(expected[type], simulated.Mean - (1.5 * simulated.HalfWidth), simulated.Mean + (1.5 * simulated.HalfWidth));
        }
    }

    private static double[] MeanWaits(int seed)
    {
        var result = SimulationRun.Of(Graph(), SimulationRun.PolicyOf(MatchingRules.Named("longest-idle")!), seed, TestContext.Current.CancellationToken);
        return [.. Enumerable.Range(0, PerSecond.Length).Select(type => result.Outcomes.Where(outcome => outcome.Contact.Kind.Skills[0].Skill == Type(type)).Average(outcome => outcome.Waited))];
    }

    private static Scenario Graph()
    {
        var kinds = PerSecond.Select((_, type) => new ContactKind([new SkillRequirement(Type(type), 1, true)], "", "voice", CustomerTier.Standard, Capacity.One, 20)).ToList();
        var experts = Serves.Select((types, index) => new SimulatedExpert(
            Type(index), new SkillLevels(types.Select(type => KeyValuePair.Create(Type(type), Levels[index]))), LanguageLevels.Empty, Capacity.One, [])).ToList();
        return new Scenario("graph", experts, End, End / 20, LevelCurves.None with { HandleTime = Factors }, null, Contacts, null);

        List<Contact> Contacts(int seed)
        {
            var random = new PythonRandom(seed);
            var sums = PythonRandom.Cumulate(PerSecond);
            var contacts = new List<Contact>();
            for (var at = random.Exponential(sums[^1]); at < End; at += random.Exponential(sums[^1]))
                contacts.Add(new Contact(contacts.Count, 1, at, kinds[random.Choose(sums)], random.Exponential(1 / MeanHandle), double.PositiveInfinity, 0, false, 0));
            return contacts;
        }
    }

    // States are orders of the experts: the first few busy, in the order in which the contacts they serve arrived, then the
    // idle ones, the longest idle last. Between the busy ones wait those whom none of the experts behind can serve, a
    // geometric number, which is summed out here.
    private static double[] ExactMeanWaits()
    {
        var queue = new double[PerSecond.Length];
        var total = 0.0;
        foreach (var order in Orders([0, 1, 2]))
        {
            for (var busy = 0; busy <= order.Length; busy++)
            {
                var weight = 1.0;
                for (var j = busy; j < order.Length; j++) weight /= RateOf(type => order[j..].Any(expert => Serves[expert].Contains(type)));
                for (var j = 1; j <= busy; j++) weight /= ServiceRate(order[..j]) - RateOf(type => OnlyBy(type, order[..j]));
                total += weight;
                for (var j = 1; j <= busy; j++)
                {
                    var (stuck, service) = (RateOf(type => OnlyBy(type, order[..j])), ServiceRate(order[..j]));
                    for (var type = 0; type < queue.Length; type++)
                        if (OnlyBy(type, order[..j])) queue[type] += weight * PerSecond[type] / (service - stuck);
                }
            }
        }

        return [.. queue.Select((length, type) => length / total / PerSecond[type])];
    }

    private static IEnumerable<int[]> Orders(int[] experts) =>
        experts.Length == 0 ? [[]] : experts.SelectMany(first => Orders([.. experts.Where(expert => expert != first)]).Select(rest => (int[])[first, .. rest]));

    private static double ServiceRate(int[] experts) => experts.Sum(expert => 1 / (MeanHandle * Factors[Levels[expert]]));

    private static double RateOf(Func<int, bool> which) => Enumerable.Range(0, PerSecond.Length).Where(which).Sum(type => PerSecond[type]);

    private static bool OnlyBy(int type, int[] experts) => Enumerable.Range(0, Serves.Length).All(expert => !Serves[expert].Contains(type) || experts.Contains(expert));

    private static string Type(int number) => string.Create(CultureInfo.InvariantCulture, $"type {number}");
}
