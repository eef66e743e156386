using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

/// <summary>Numbers that CPython 3.11 prints for the same seeds.</summary>
public sealed class PythonRandomTests
{
    private const int Digits = 15;

    [Fact]
    public void Uniform_numbers_equal_Pythons()
    {
        var random = new PythonRandom(7);

        Assert.Equal(0.32383276483316237, random.NextDouble(), Digits);
        Assert.Equal(0.15084917392450192, random.NextDouble(), Digits);
        Assert.Equal(0.6509344730398537, random.NextDouble(), Digits);
        Assert.Equal(0.8444218515250481, new PythonRandom(0).NextDouble(), Digits);
    }

    [Fact]
    public void Seed_beyond_32_bits_counts_wholly() => Assert.Equal(0.8754226919240446, new PythonRandom(1_000_000_000_123).NextDouble(), Digits);

    [Fact]
    public void Distributions_equal_Pythons()
    {
        var choices = new PythonRandom(3);
        var sums = PythonRandom.Cumulate([.1, .2, .3, .4]);

        Assert.Equal(-1.1788417512306717, new PythonRandom(5).Normal(), Digits);
        Assert.Equal(1.9504987385287873, new PythonRandom(5).Exponential(.5), Digits);
        Assert.Equal([1, 2, 2, 3, 3], Enumerable.Range(0, 5).Select(_ => choices.Choose(sums)));
    }

    [Fact]
    public void Shuffle_equals_Pythons()
    {
        var numbers = Enumerable.Range(0, 10).ToList();

        new PythonRandom(7).Shuffle(numbers);

        Assert.Equal([8, 3, 1, 4, 7, 0, 9, 6, 2, 5], numbers);
    }
}
