using Relais.Contracts;

namespace Relais.Faults;

public sealed class EffectsSuite
{
    [Fact]
    public void Event_that_a_target_takes_is_one_whose_effect_there_is_checked()
    {
        var taken = EventSubscribers.Durable.SelectMany(target => target.Value.Select(wireName => (wireName, target.Key)));
        Assert.DoesNotContain(taken, one => !Effects.TargetsOf(one.wireName).Contains(one.Key));
    }
}
