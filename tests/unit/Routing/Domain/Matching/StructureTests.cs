using Relais.Routing.Domain;
using Relais.Routing.Domain.Matching;
using Xunit;

namespace Relais.Unit.Routing.Domain.Matching;

public sealed class StructureTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Alarms_ring_at_their_time_in_its_order_and_the_next_one_is_known(int seed)
    {
        var random = new Random(seed);
        var wheel = new TimerWheel();
        var now = World.Start.UtcTicks;
        wheel.Advance(now);
        var alarms = Enumerable.Range(0, 200).Select(_ => new Ringing()).ToList();
        for (var step = 0; step < 2_000; step++)
        {
            var alarm = alarms[random.Next(alarms.Count)];
            if (random.Next(4) == 0) wheel.Unset(alarm);
            else wheel.Set(alarm, now + (long)Math.Pow(10, random.NextDouble() * 15) - 50_000);
            Assert.Equal(alarms.Where(a => a.IsSet).Select(a => (long?)a.At).Min(), wheel.Earliest());
            if (random.Next(3) > 0) continue;
            now += (long)Math.Pow(10, random.NextDouble() * 14);
            var due = alarms.Where(a => a.IsSet && a.At <= now).OrderBy(a => a.At).Select(a => a.At).ToList();

            Assert.Equal(due, wheel.Advance(now).Select(a => a.At));
            Assert.DoesNotContain(alarms, a => a.IsSet && a.At <= now);
        }
    }

    [Fact]
    public void Alarms_at_a_clock_that_goes_back_ring_at_once()
    {
        var wheel = new TimerWheel();
        wheel.Advance(World.Start.UtcTicks);
        var alarm = new Ringing();
        wheel.Set(alarm, World.Start.AddHours(-1).UtcTicks);

        Assert.Equal(World.Start.AddHours(-1).UtcTicks, wheel.Earliest());
        Assert.Same(alarm, Assert.Single(wheel.Advance(World.Start.UtcTicks)));
    }

    [Theory]
    [InlineData(1, .5)]
    [InlineData(2, .95)]
    [InlineData(3, 0)]
    public void Items_stand_by_their_ages_wherever_they_come_and_go(int seed, double inTurn)
    {
        var random = new Random(seed);
        var (items, reference) = (default(ItemsByAge), new List<OpenItem>());
        for (var step = 0; step < 4_000; step++)
        {
            var usual = random.NextDouble() < inTurn;
            if (reference.Count > 0 && random.Next(400) < reference.Count)
            {
                var gone = reference[usual ? 0 : random.Next(reference.Count)];
                reference.Remove(gone);
                items.Remove(gone);
            }
            else
            {
                // Some of an age: then their ids decide.
                var item = NewItem(step, World.Start.AddSeconds(usual ? step : random.Next(step + 1)));
                reference.Add(item);
                items.Add(item);
            }

            reference.Sort((a, b) => a.IsOlderThan(b) ? -1 : a == b ? 0 : 1);
            Assert.Equal(reference, items.ToArray());
            Assert.Equal((reference.FirstOrDefault(), reference.Count), (items.Oldest, items.Count));
            Assert.Equal(reference.FirstOrDefault()?.Since ?? long.MaxValue, items.Since);
        }

        static OpenItem NewItem(int number, DateTimeOffset since) => new(new WorkItem(
            new WorkRequest(World.Id(2, number), "", "", "voice", "fr", Priority.Normal, Capacity.One, [], since), since.AddHours(1), since));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Assignment_is_as_good_as_the_best_of_all_permutations(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var worth = new double?[random.Next(1, 6), random.Next(1, 6)];
            for (var row = 0; row < worth.GetLength(0); row++)
                for (var column = 0; column < worth.GetLength(1); column++)
                    if (random.Next(4) > 0) worth[row, column] = random.Next(20) - 5;

            var chosen = Assignment.Best(worth);

            Assert.Equal(chosen.Count(c => c is not null), chosen.Where(c => c is not null).Distinct().Count());
            var (count, total) = (chosen.Count(c => c is not null), chosen.Select((c, row) => c is { } column ? worth[row, column]!.Value : 0).Sum());
            Assert.Equal(Best(worth, 0, 0), (count, total));
        }
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(900, 900)]
    [InlineData(1800, 1800)]
    [InlineData(1500, 1500)]
    [InlineData(5400, 5400)]
    [InlineData(-5, 0)]
    [InlineData(7201.5, 7168)]
    public void Targets_share_a_grain_that_keeps_usual_ones_exact(double seconds, double grain) =>
        Assert.InRange(Grain.Of(TimeSpan.FromSeconds(seconds)).TotalSeconds, grain * .995, grain * 1.005);

    private static (int Count, double Total) Best(double?[,] worth, int row, int used)
    {
        if (row == worth.GetLength(0)) return (0, 0);
        var best = Best(worth, row + 1, used);
        for (var column = 0; column < worth.GetLength(1); column++)
        {
            if (worth[row, column] is not { } value || (used >> column & 1) != 0) continue;
            var (count, total) = Best(worth, row + 1, used | (1 << column));
            if ((count + 1, total + value).CompareTo(best) > 0) best = (count + 1, total + value);
        }

        return best;
    }

    private sealed class Ringing : Alarm;
}
