using Relais.Routing.Domain;
using Relais.Routing.Simulation;

namespace Relais.Unit.Routing.Simulation;

public sealed class WeeklyDemandTests
{
    // A Monday in winter.
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.FromHours(1));

    [Fact]
    public void Hours_in_which_nothing_came_count_and_those_that_were_not_do_not()
    {
        var demand = Demand("Europe/Paris", Monday, Monday.AddDays(20));
        for (var minute = 0; minute < 9; minute++) demand.Add(Monday.AddDays(5).AddHours(10).AddMinutes(minute));
        demand.Add(Monday.AddDays(19).AddHours(10));

        Assert.Equal((3, 10 / 3.0), demand.At(Monday.AddDays(26).AddHours(10)));
        Assert.Equal((3, 0.0), demand.At(Monday.AddDays(26).AddHours(11)));
        Assert.Equal((2, 0.0), demand.At(Monday.AddDays(27).AddHours(10)));
        Assert.Equal((0, null), Demand("Europe/Paris", Monday, Monday.AddDays(1)).At(Monday.AddDays(1)));
    }

    [Fact]
    public void Contact_outside_the_history_is_passed_over()
    {
        var demand = Demand("Europe/Paris", Monday, Monday.AddDays(7));
        demand.Add(Monday.AddHours(-1));
        demand.Add(Monday.AddDays(7));

        Assert.All(Enumerable.Range(0, 168), hour => Assert.Equal((1, 0.0), demand.At(Monday.AddHours(hour))));
    }

    [Fact]
    public void Hours_are_those_of_the_clock_on_both_sides_of_a_daylight_saving_jump()
    {
        // The clock goes from two to three on 29 March.
        var demand = Demand("Europe/Paris", Monday.AddDays(14), Monday.AddDays(28));
        demand.Add(new DateTimeOffset(2026, 3, 22, 9, 30, 0, TimeSpan.FromHours(1)));
        demand.Add(new DateTimeOffset(2026, 3, 29, 9, 30, 0, TimeSpan.FromHours(2)));

        Assert.Equal((2, 1.0), demand.At(new DateTimeOffset(2026, 4, 5, 9, 0, 0, TimeSpan.FromHours(2))));
        Assert.Equal((1, 0.0), demand.At(new DateTimeOffset(2026, 4, 5, 2, 0, 0, TimeSpan.FromHours(2))));
        Assert.Equal((2, 0.0), demand.At(new DateTimeOffset(2026, 4, 5, 3, 0, 0, TimeSpan.FromHours(2))));
    }

    [Fact]
    public void Hour_begins_when_the_clock_of_the_zone_says_so()
    {
        var at = new DateTimeOffset(2026, 3, 2, 10, 45, 12, TimeSpan.FromHours(5.5));
        Assert.Equal(new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.FromHours(5.5)), WeeklyDemand.HourOf(at, WorkingSchedule.ZoneOf("Asia/Kolkata")!));
    }

    private static WeeklyDemand Demand(string zone, DateTimeOffset from, DateTimeOffset to) => new(WorkingSchedule.ZoneOf(zone)!, from, to);
}
