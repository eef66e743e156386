using NodaTime;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;
using Xunit;

namespace Relais.Unit.Routing.Domain.Rules;

/// <summary>What an engine gives a free expert first under the default rule, with due times as tickets sets them: by priority alone.</summary>
public sealed class RelaisOrderTests
{
    private static readonly TimeSpan Normal = TimeSpan.FromHours(4);
    private static readonly TimeSpan Urgent = TimeSpan.FromMinutes(15);

    private static readonly PolicyDefinition FromTen = new()
    {
        BusinessHours = [new PolicyHours([(int)IsoDayOfWeek.Monday], "10:00", "18:00")], TimeZone = "Etc/UTC", ClosedHours = ClosedHours.Wait,
    };

    [Fact]
    public void Call_goes_before_an_e_mail_that_is_due_as_soon()
    {
        var world = new World(Policy());
        var mail = Open(world, 1, "email", Normal);
        var call = Open(world, 2, "voice", Normal);
        world.Wait(10);

        var expert = world.Expert(1, World.Skills(("billing", 4)));

        Assert.Equal((expert, null), (call.Holder, mail.Holder));
    }

    [Fact]
    public void Chat_that_waits_for_hours_goes_before_one_that_the_expert_masters_better_and_that_came_now()
    {
        var world = new World(Policy());
        var old = Open(world, 1, "web_chat", Normal);
        world.Wait(7200);
        var young = Open(world, 2, "web_chat", Normal, skill: "tv");

        var expert = world.Expert(1, World.Skills(("billing", 4), ("tv", 5)));

        Assert.Equal((expert, null), (old.Holder, young.Holder));
    }

    [Theory]
    [InlineData("voice", false)]
    [InlineData("email", false)]
    [InlineData("voice", true)]
    [InlineData("email", true)]
    public void What_became_overdue_while_the_group_was_closed_does_not_go_before_what_is_urgent(string channel, bool restored)
    {
        var world = new World(Policy(FromTen));
        var overnight = Enumerable.Range(1, 2).Select(number => Open(world, number, channel, Normal, since: World.Start.AddHours(-8))).ToList();
        var again = Open(world, 3, channel, Normal, since: World.Start.AddHours(-8), reopened: World.Start.AddHours(-6));
        world.Wait(3590);
        var urgent = Open(world, 4, channel, Urgent, Priority.Urgent);
        world.Wait(10);
        Assert.All([.. overnight, again, urgent], item => Assert.Equal(world.Now, item.WaitingSince));
        WorkItem[] items = [.. overnight, again, urgent];
        if (restored)
        {
            items = [.. items.Select(item => new WorkItem(item.Request, item.DueAt, item.WaitingSince) { PreferredExpert = item.PreferredExpert })];
            world = new World(Policy(FromTen), world.Now);
            world.Engine.Restore([], items, [], world.Now);
        }

        var first = world.Expert(1, World.Skills(("billing", 4)));
        // Also when it has been open for a while.
        world.Wait(360);
        var later = Open(world, 5, channel, Urgent, Priority.Urgent);
        var second = world.Expert(2, World.Skills(("billing", 4)));

        Assert.Equal((first, second), (items[3].Holder, later.Holder));
    }

    [Fact]
    public void Service_targets_of_a_policy_count_instead_of_distant_due_times_by_channel_and_tier()
    {
        var definition = new PolicyDefinition { ServiceTargets = [new("web_chat", "VIP", 30), new("web_chat", "", 600), new("email", "", 60)] };
        var world = new World(Policy(definition));
        var (chat, mail) = (Open(world, 1, "web_chat", Normal), Open(world, 2, "email", Normal));
        var (call, vip) = (Open(world, 3, "voice", Normal), Open(world, 4, "web_chat", Normal, tier: CustomerTier.Vip));
        var due = Open(world, 5, "web_chat", TimeSpan.FromSeconds(1), tier: CustomerTier.Vip);
        Assert.Equal([600, 60, null, 30, 30], new[] { chat, mail, call, vip, due }.Select(item => item.Request.ServiceTarget?.TotalSeconds));

        for (var number = 1; number <= 5; number++) world.Expert(number, World.Skills(("billing", 4)));

        Assert.Equal(Enumerable.Range(1, 5).Select(number => (Guid?)World.Id(1, number)), new[] { due, vip, mail, call, chat }.Select(item => item.Holder));
    }

    private static RoutingPolicy Policy(PolicyDefinition? definition = null) =>
        new RoutingBook(SkillCatalogue.Empty, [], definition is null ? [] : [new GroupPolicy(PolicyDefinition.DefaultGroup, definition)], []).Policy
            with { Rule = new RelaisRule(), OfferTimeout = TimeSpan.FromHours(1) };

    private static WorkItem Open(
        World world, int number, string channel, TimeSpan due, Priority priority = Priority.Normal, string skill = "billing", DateTimeOffset? since = null,
        DateTimeOffset? reopened = null, CustomerTier tier = CustomerTier.Standard)
    {
        var queued = since ?? world.Now;
        var request = new WorkRequest(World.Id(2, number), $"T-{number}", "", channel, "fr", priority, Capacity.One, [new SkillRequirement(skill, 1, true)], queued);
        var item = new WorkItem(world.Engine.Policy.Book.Compose(request with { Tier = tier }), (reopened ?? queued) + due, reopened ?? queued) { PreferredExpert = reopened is null ? null : World.Id(1, 99) };
        world.Do(new Input.Opened(world.Now, item));
        return item;
    }
}
