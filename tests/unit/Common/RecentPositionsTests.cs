using Relais.Common.Messaging;

namespace Relais.Unit.Common;

public sealed class RecentPositionsTests
{
    [Fact]
    public void Last_positions_are_remembered_and_those_long_past_are_forgotten()
    {
        var recent = new RecentPositions();
        for (var position = 1L; position <= 20_000; position++)
        {
            recent.Add(position);
            recent.Add(position);
            Assert.True(recent.Contains(Math.Max(1, position - 4_000)));
            Assert.False(recent.Contains(position + 1));
        }

        Assert.False(recent.Contains(20_000 - 9_000));
    }
}
