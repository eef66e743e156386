using System.Threading.Channels;
using Relais.Routing.Shards;

namespace Relais.Unit.Routing.Shards;

public sealed class ShardSlotTests
{
    [Fact]
    public void Clock_that_is_set_back_stands_still_until_it_is_caught_up_also_for_the_next_engine()
    {
        var clock = new SetClock { Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero) };
        using var slot = new ShardSlot("acme", Channel.CreateUnbounded<string>().Writer, clock);
        var first = slot.Now;

        clock.Now = first.AddHours(-1);
        slot.Forget();

        Assert.Equal(first, slot.Now);
        clock.Now = first.AddSeconds(1).AddTicks(3);
        Assert.Equal(first.AddSeconds(1), slot.Now);
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
