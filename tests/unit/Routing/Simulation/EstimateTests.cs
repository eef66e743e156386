using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

public sealed class EstimateTests
{
    [Fact]
    public void Half_width_is_Students()
    {
        var estimate = Estimate.Of([1, 2, 3, 4, 5]);

        Assert.Equal(3, estimate.Mean);
        Assert.Equal(2.776 * Math.Sqrt(2.5 / 5), estimate.HalfWidth, 9);
    }

    [Fact]
    public void Beyond_the_table_the_quantile_goes_on_smoothly()
    {
        var values = Enumerable.Range(0, 31).Select(n => (double)n).ToList();
        var deviation = Math.Sqrt(values.Sum(value => (value - 15) * (value - 15)) / 30);

        Assert.Equal(2.042 * deviation / Math.Sqrt(31), Estimate.Of(values).HalfWidth, .01);
    }

    [Fact]
    public void Nothing_measured_is_not_a_number_and_one_value_has_no_width()
    {
        Assert.True(double.IsNaN(Estimate.Of([double.NaN]).Mean));
        Assert.Equal(4, Estimate.Of([4, double.NaN]).Mean);
        Assert.True(double.IsNaN(Estimate.Of([4]).HalfWidth));
    }
}
