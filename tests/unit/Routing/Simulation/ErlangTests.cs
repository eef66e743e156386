using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

public sealed class ErlangTests
{
    // Mandelbaum and Zeltyn's example: 48 calls a minute of one minute each, 50 agents; patience of two minutes on average
    // or without end. They print 20.8 s and 3.7 s of mean wait, 3.1% abandoning, queues of 17 and 3, utilisation 96 and 93%.
    [Fact]
    public void Patience_gives_the_published_figures_of_Erlang_A()
    {
        var patient = Erlang.Of(50, 48 / 60.0, 60, double.PositiveInfinity);
        var impatient = Erlang.Of(50, 48 / 60.0, 60, 120);

        Assert.Equal(20.8, patient.MeanWait, .05);
        Assert.Equal(17, patient.QueueLength, .5);
        Assert.Equal(.96, patient.Occupancy, .001);
        Assert.Equal(3.7, impatient.MeanWait, .05);
        Assert.Equal(.031, impatient.Abandons, .0005);
        Assert.Equal(3, impatient.QueueLength, .1);
        Assert.Equal(.93, impatient.Occupancy, .001);
    }

    // Erlang's formulas in their textbook form.
    [Fact]
    public void Without_patience_or_places_it_is_Erlang_C_and_Erlang_B()
    {
        const double load = 8;
        const int agents = 10;
        var terms = new List<double> { 1 };
        for (var present = 1; present <= agents; present++) terms.Add(terms[^1] * load / present);
        var last = terms[^1] * agents / (agents - load);
        var waits = last / (terms.Take(agents).Sum() + last);

        var exact = Erlang.Of(agents, load / 60, 60, double.PositiveInfinity, null, 20);

        Assert.Equal(waits, exact.Waits, 9);
        Assert.Equal(waits * 60 / (agents - load), exact.MeanWait, 7);
        Assert.Equal(1 - (waits * Math.Exp(-(agents - load) * 20 / 60)), exact.InTime, 6);
        Assert.Equal(terms[^1] / terms.Sum(), Erlang.Of(agents, load / 60, 60, double.PositiveInfinity, 0).Blocked, 9);
    }

    // Wallace and Whitt print .45 min and .36% for 84 Erlangs, 90 agents and 30 places.
    [Fact]
    public void Waiting_places_give_the_published_pooled_figures()
    {
        var pooled = Erlang.Of(90, 84 / 600.0, 600, double.PositiveInfinity, 30, 30);

        Assert.Equal(.45, pooled.MeanWait / 60, .005);
        Assert.Equal(.0036, pooled.Blocked, .0001);
    }

    [Fact]
    public void Share_in_time_with_patience_equals_a_simulation()
    {
        var exact = Erlang.Of(5, 5 / 60.0, 60, 90, null, 15);
        var random = new PythonRandom(1);
        var agents = new double[5];
        var (inTime, count) = (0, 400_000);
        var now = 0.0;
        for (var contact = 0; contact < count; contact++)
        {
            now += random.Exponential(5 / 60.0);
            var (patience, handle) = (random.Exponential(1 / 90.0), random.Exponential(1 / 60.0));
            var first = Array.IndexOf(agents, agents.Min());
            var wait = Math.Max(0, agents[first] - now);
            if (wait >= patience) continue;
            agents[first] = now + wait + handle;
            if (wait <= 15) inTime++;
        }

        Assert.Equal((double)inTime / count, exact.InTime, .004);
    }

    [Fact]
    public void Overload_without_patience_is_refused() =>
        Assert.Throws<ArgumentException>(() => Erlang.Of(5, 1, 6, double.PositiveInfinity));

    [Theory]
    [InlineData(.8, 20, 2880, 60, 120)]
    [InlineData(.95, 5, 30, 300, 60)]
    [InlineData(.5, 60, 600, 240, 1e9)]
    public void Fewest_agents_reach_the_goal_and_one_less_does_not(double share, double target, double perHour, double handle, double patience)
    {
        var agents = Erlang.AgentsFor(share, target, perHour / 3600, handle, patience);

        Assert.True(Erlang.Of(agents, perHour / 3600, handle, patience, null, target).InTime >= share);
        Assert.True(agents == 1 || Erlang.Of(agents - 1, perHour / 3600, handle, patience, null, target).InTime < share);
    }

    [Fact]
    public void Forecast_takes_the_days_that_are_like_the_day_ahead()
    {
        // Two days with 60 and 120 contacts between nine and ten, and one that is not like them.
        var arrivals = Enumerable.Range(0, 60).Select(n => (9 * 3600.0) + n)
            .Concat(Enumerable.Range(0, 120).Select(n => (33 * 3600.0) + n)).Concat(Enumerable.Range(0, 999).Select(n => (57 * 3600.0) + n)).ToList();

        var hour = Assert.Single(StaffingForecast.Hours(arrivals, day => day < 2, 180, 240, .8, 20));

        Assert.Equal((9, 90), (hour.Hour, hour.Contacts));
        Assert.Equal(Erlang.AgentsFor(.8, 20, 90 / 3600.0, 180, 240), hour.Agents);
        Assert.Throws<ArgumentException>(() => StaffingForecast.Hours(arrivals, _ => false, 180, 240, .8, 20));
        Assert.Throws<ArgumentException>(() => StaffingForecast.Hours(arrivals, _ => true, 180, 240, 1, 20));
    }

    [Fact]
    public void Forecast_counts_days_on_which_nothing_came()
    {
        var arrivals = new[] { 0, 0, 0, 2, 2, 2 }.Select(day => (day * 86400.0) + (9 * 3600)).ToList();

        Assert.Equal(2, Assert.Single(StaffingForecast.Hours(arrivals, _ => true, 180, 240, .8, 20)).Contacts);
    }

    [Fact]
    public void Mean_patience_counts_the_waits_of_those_who_stayed()
    {
        Assert.Equal(60, StaffingForecast.MeanPatience([(30, true), (20, false), (70, true)]));
        Assert.Equal(double.PositiveInfinity, StaffingForecast.MeanPatience([(30, false)]));
    }
}
