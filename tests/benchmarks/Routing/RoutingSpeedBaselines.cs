using Relais.Routing.Domain;

namespace Relais.Benchmarks.Routing;

/// <summary>
/// How others choose, in process and without their databases, so that what is measured is the rule. What they do by design
/// per cycle is in the notes: a rule that is fast here may still give one item per department every five seconds.
/// </summary>
internal static class RoutingSpeedBaselines
{
    public static IEnumerable<IRoutingUnderTest> All(RoutingSpeedWorld world) =>
    [
        new Chatwoot(world), new RocketChat(world), new FreeSwitch(world), new NaiveScan(world),
    ];
}

/// <summary>What the rules of others have in common: one queue per main skill, experts who hold items.</summary>
internal abstract class BaselineUnderTest(RoutingSpeedWorld world) : IRoutingUnderTest
{
    // How many agents are asked while the world is filled.
    private const int AskedToFill = 64;

    private readonly Dictionary<Guid, (WorkItem Item, Agent Agent)> _held = [];
    private readonly List<Guid> _taken = [];
    private long _turn;

    public abstract string Name { get; }

    public abstract string Note { get; }

    public abstract int Slowness { get; }

    public int Waiting { get; private set; }

    public bool IsFilling { get; set; }

    public int Free { get; private set; }

    protected Dictionary<string, TeamQueue> Queues { get; } = new(StringComparer.Ordinal);

    protected List<Agent> Agents { get; } = [];

    public void Begin(RoutingSpeedWorld begun)
    {
        for (var skill = 0; skill < RoutingSpeedWorld.Skills; skill++) Queues.Add(RoutingSpeedWorld.SkillName(skill), new TeamQueue());
    }

    public void Come(int expert, DateTimeOffset now)
    {
        var agent = new Agent(world.Experts[expert]) { FreeSince = ++_turn };
        Agents.Add(agent);
        Free++;
        foreach (var (skill, _) in agent.Profile.Skills) Queues[skill].Members.Add(agent);
    }

    public Guid? Open(WorkItem item, DateTimeOffset now)
    {
        var queue = Queues[item.Request.Skills[0].Skill];
        if ((IsFilling ? queue.NextOf(AskedToFill, item) : Choose(item, queue, now)) is { } agent)
        {
            Give(item, agent);
            return item.Id;
        }

        queue.Waiting.AddLast(item);
        Waiting++;
        return null;
    }

    public void Withdraw(WorkItem item, DateTimeOffset now) => Leave(item);

    /// <inheritdoc/>
    /// <remarks>Their items ask for the same however long they wait.</remarks>
    public int Pass(DateTimeOffset now) => 0;

    public IReadOnlyList<Guid> Complete(Guid item, DateTimeOffset now)
    {
        _taken.Clear();
        _held.Remove(item, out var held);
        var agent = held.Agent;
        agent.Load -= held.Item.Request.Weight;
        agent.Held--;
        if (agent.Held == 0) Free++;
        agent.FreeSince = ++_turn;
        while (Next(agent, now) is { } next)
        {
            Leave(next);
            Give(next, agent);
            _taken.Add(next.Id);
        }

        return _taken;
    }

    /// <summary>Who gets an item; null when nobody can.</summary>
    protected abstract Agent? Choose(WorkItem item, TeamQueue queue, DateTimeOffset now);

    /// <summary>What a freed agent takes; null when nothing waits for them.</summary>
    protected abstract WorkItem? Next(Agent agent, DateTimeOffset now);

    protected void Give(WorkItem item, Agent agent)
    {
        if (agent.Held == 0) Free--;
        agent.Load += item.Request.Weight;
        agent.Held++;
        agent.AssignedAt = ++_turn;
        _held.Add(item.Id, (item, agent));
    }

    private void Leave(WorkItem item)
    {
        if (Queues[item.Request.Skills[0].Skill].Waiting.Remove(item)) Waiting--;
    }

    /// <summary>The first of the queues of an agent's skills, oldest first, for rules that know no more.</summary>
    protected WorkItem? OldestFor(Agent agent, Func<WorkItem, bool> fits)
    {
        WorkItem? oldest = null;
        foreach (var (skill, _) in agent.Profile.Skills)
        {
            if (Queues[skill].Waiting.First?.Value is { } head && fits(head) && (oldest is null || head.Request.QueuedSince < oldest.Request.QueuedSince))
                oldest = head;
        }

        return oldest;
    }

    internal sealed class Agent(ExpertProfile profile)
    {
        public ExpertProfile Profile { get; } = profile;

        public Capacity Load { get; set; }

        public int Held { get; set; }

        public long FreeSince { get; set; }

        public long AssignedAt { get; set; }

        public bool Fits(WorkItem item) => Load + item.Request.Weight <= Profile.Capacity;
    }

    internal sealed class TeamQueue
    {
        public List<Agent> Members { get; } = [];

        public LinkedList<WorkItem> Waiting { get; } = [];

        private int _turn;

        /// <summary>The next of the members in turn who has room, among so many; null when none of them has.</summary>
        public Agent? NextOf(int asked, WorkItem item)
        {
            for (var tried = 0; tried < Math.Min(asked, Members.Count); tried++)
            {
                _turn = (_turn + 1) % Members.Count;
                if (Members[_turn] is var agent && agent.Fits(item)) return agent;
            }

            return null;
        }
    }
}

/// <summary>Chatwoot: in turns among an inbox's members who are online and below their limit; skills do not exist.</summary>
internal sealed class Chatwoot(RoutingSpeedWorld world) : BaselineUnderTest(world)
{
    public override string Name => "Chatwoot (round robin)";

    public override string Note => "no levels, no second skill, no language; a job per conversation";

    public override int Slowness => 4;

    protected override Agent? Choose(WorkItem item, TeamQueue queue, DateTimeOffset now) => queue.NextOf(queue.Members.Count, item);

    protected override WorkItem? Next(Agent agent, DateTimeOffset now) => OldestFor(agent, agent.Fits);
}

/// <summary>Rocket.Chat's auto selection: of a department's agents the one with the fewest chats, then assigned the longest ago.</summary>
internal sealed class RocketChat(RoutingSpeedWorld world) : BaselineUnderTest(world)
{
    public override string Name => "Rocket.Chat (auto)";

    public override string Note => "no levels, no language; by design one inquiry per department every 5 s: 10/s here";

    public override int Slowness => 40;

    protected override Agent? Choose(WorkItem item, TeamQueue queue, DateTimeOffset now)
    {
        Agent? best = null;
        foreach (var agent in queue.Members)
        {
            if (!agent.Fits(item)) continue;
            if (best is null || agent.Held < best.Held || (agent.Held == best.Held && agent.AssignedAt < best.AssignedAt)) best = agent;
        }

        return best;
    }

    protected override WorkItem? Next(Agent agent, DateTimeOffset now) => OldestFor(agent, agent.Fits);
}

/// <summary>
/// FreeSWITCH mod_callcenter, longest idle agent: callers by wait plus base score, for each the tiers' agents by level,
/// position and idle time. A level of mastery becomes a tier: 5 first.
/// </summary>
internal sealed class FreeSwitch(RoutingSpeedWorld world) : BaselineUnderTest(world)
{
    public override string Name => "FreeSWITCH (tiers)";

    public override string Note => "no second skill, no language; by design a pass over all callers every 100 ms";

    public override int Slowness => 100;

    protected override Agent? Choose(WorkItem item, TeamQueue queue, DateTimeOffset now)
    {
        var needed = item.Request.Skills[0];
        Agent? best = null;
        var bestLevel = 0;
        foreach (var agent in queue.Members)
        {
            if (!agent.Fits(item)) continue;
            var level = agent.Profile.Skills[needed.Skill];
            if (level < needed.MinimumLevel) continue;
            if (best is null || level > bestLevel || (level == bestLevel && agent.FreeSince < best.FreeSince)) (best, bestLevel) = (agent, level);
        }

        return best;
    }

    protected override WorkItem? Next(Agent agent, DateTimeOffset now)
    {
        WorkItem? best = null;
        foreach (var (skill, level) in agent.Profile.Skills)
        {
            foreach (var item in Queues[skill].Waiting)
            {
                if (level < item.Request.Skills[0].MinimumLevel || !agent.Fits(item)) continue;
                if (best is null || item.Request.QueuedSince < best.Request.QueuedSince) best = item;
                // In order of age within a queue, all of one base score.
                break;
            }
        }

        return best;
    }
}

/// <summary>Everything that routing's own rule asks of an expert, by looking at all of them: what the index replaces.</summary>
internal sealed class NaiveScan(RoutingSpeedWorld world) : BaselineUnderTest(world)
{
    public override string Name => "looking at everybody";

    public override string Note => "best level, then longest idle; skills, levels and language as routing";

    public override int Slowness => 1_000;

    protected override Agent? Choose(WorkItem item, TeamQueue queue, DateTimeOffset now)
    {
        Agent? best = null;
        var bestLevel = 0;
        foreach (var agent in Agents)
        {
            if (!agent.Fits(item) || LevelOf(agent, item) is not (> 0 and var level)) continue;
            if (best is null || level > bestLevel || (level == bestLevel && agent.FreeSince < best.FreeSince)) (best, bestLevel) = (agent, level);
        }

        return best;
    }

    protected override WorkItem? Next(Agent agent, DateTimeOffset now)
    {
        WorkItem? best = null;
        var bestLevel = 0;
        foreach (var queue in Queues.Values)
        {
            foreach (var item in queue.Waiting)
            {
                if (!agent.Fits(item) || LevelOf(agent, item) is not (> 0 and var level)) continue;
                if (best is null || level > bestLevel || (level == bestLevel && item.Request.QueuedSince < best.Request.QueuedSince))
                    (best, bestLevel) = (item, level);
            }
        }

        return best;
    }

    private static int LevelOf(Agent agent, WorkItem item)
    {
        if (agent.Profile.Languages[item.Request.Language] < 1) return 0;
        var lowest = (int)Level.Master;
        foreach (var needed in item.Request.Skills)
        {
            var level = agent.Profile.Skills[needed.Skill];
            if (level < needed.MinimumLevel) return 0;
            lowest = Math.Min(lowest, level);
        }

        return lowest;
    }
}
