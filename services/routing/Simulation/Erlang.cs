namespace Relais.Routing.Simulation;

/// <summary>
/// What queueing theory says about a pool of equal agents: the exact steady state of a birth-death process. Without
/// patience this is Erlang C, with limited places M/M/n/K, with patience Erlang A (Palm 1957; Mandelbaum and Zeltyn 2007).
/// </summary>
/// <param name="Waits">Probability that a contact that enters waits.</param>
/// <param name="MeanWait">Seconds, of everybody who enters, whether answered or given up.</param>
/// <param name="InTime">Probability, of everybody who enters, of an answer within the target.</param>
/// <param name="Abandons">Probability, of everybody who enters, of giving up.</param>
/// <param name="Blocked">Probability of finding no place.</param>
/// <param name="QueueLength">Mean number that waits.</param>
/// <param name="Occupancy">Mean share of agents who are busy.</param>
internal sealed record Erlang(double Waits, double MeanWait, double InTime, double Abandons, double Blocked, double QueueLength, double Occupancy)
{
    private const double Negligible = 1e-13;
    // A longer queue is a fluid: what chance adds to its length is far below a percent.
    private const double Fluid = 100_000;

    /// <param name="agents">At least 1.</param>
    /// <param name="perSecond">Arrivals.</param>
    /// <param name="meanHandle">Seconds, exponential.</param>
    /// <param name="meanPatience">Seconds, exponential; infinite for never.</param>
    /// <param name="waitingPlaces">Null for any number.</param>
    /// <param name="target">Seconds, for <see cref="InTime"/>.</param>
    /// <exception cref="ArgumentException">More work than the agents can do while nobody gives up or is turned away.</exception>
    public static Erlang Of(int agents, double perSecond, double meanHandle, double meanPatience, int? waitingPlaces = null, double target = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(agents, 1);
        if (double.IsInfinity(meanPatience) && waitingPlaces is null && perSecond * meanHandle >= agents)
            throw new ArgumentException("The queue grows without bound.", nameof(agents));
        var (service, leave) = (1 / meanHandle, 1 / meanPatience);
        var surplus = perSecond - (agents * service);
        if (waitingPlaces is null && surplus / leave > Fluid) return Overloaded(agents * service / perSecond, surplus / leave, perSecond, meanPatience, target);
        var states = new List<double> { 1 };
        var (largest, sum) = (1.0, 1.0);
        for (var present = 1; waitingPlaces is null || present <= agents + waitingPlaces; present++)
        {
            var next = states[^1] * perSecond / ((Math.Min(present, agents) * service) + (Math.Max(0, present - agents) * leave));
            states.Add(next);
            sum += next;
            largest = Math.Max(largest, next);
            if (present > agents && next < largest * Negligible) break;
            if (next > 1e200)
            {
                for (var state = 0; state < states.Count; state++) states[state] /= next;
                (sum, largest) = (sum / next, 1);
            }
        }

        var blocked = waitingPlaces is null ? 0 : states[^1] / sum;
        var (waits, queue, busy, inTime) = (0.0, 0.0, 0.0, 0.0);
        for (var present = 0; present < states.Count; present++)
        {
            var share = states[present] / sum;
            queue += share * Math.Max(0, present - agents);
            busy += share * Math.Min(present, agents);
            var enters = waitingPlaces is null || present < states.Count - 1;
            if (!enters) continue;
            if (present < agents) inTime += share;
            else waits += share;
        }

        if (target > 0) inTime += AnsweredWithin(target, states, sum, agents, service, leave, waitingPlaces is not null);
        var entering = 1 - blocked;
        return new Erlang(
            waits / entering, queue / (perSecond * entering), inTime / entering, leave * queue / (perSecond * entering), blocked, queue, busy / agents);
    }

    // Everybody waits until as many give up as are too many (Whitt 2004).
    private static Erlang Overloaded(double served, double queue, double perSecond, double meanPatience, double target) =>
        new(1, queue / perSecond, meanPatience * -Math.Log(served) <= target ? served : 0, 1 - served, 0, queue, 1);

    /// <summary>The fewest agents of whom enough answer within the target.</summary>
    /// <param name="share">Of the contacts, 0 to 1 exclusive, that shall be answered within the target.</param>
    public static int AgentsFor(double share, double target, double perSecond, double meanHandle, double meanPatience)
    {
        if (perSecond <= 0) return 0;
        var load = perSecond * meanHandle;
        // Nobody is answered whom the agents have no time for; where nobody gives up, they must keep up.
        var enough = double.IsInfinity(meanPatience) ? (int)Math.Floor(load) + 1 : Math.Max(1, (int)Math.Ceiling((share * load) - 1e-9));
        if (Suffice(enough)) return enough;
        var (tooFew, step) = (enough, 1);
        for (; !Suffice(tooFew + step); step *= 2) tooFew += step;
        enough = tooFew + step;
        while (enough - tooFew > 1)
        {
            var middle = (tooFew + enough) / 2;
            if (Suffice(middle)) enough = middle;
            else tooFew = middle;
        }

        return enough;

        bool Suffice(int agents) => Of(agents, perSecond, meanHandle, meanPatience, null, target).InTime >= share;
    }

    // Who finds k waiting and is patient is answered when k + 1 departures from the queue's head have happened: the
    // waiting time of somebody who would not leave goes through stages with the rates nμ + kθ, …, nμ, and this customer
    // is still there with e^(−θt). The stages are integrated as a pure death process on a fine grid (uniformisation).
    private static double AnsweredWithin(double target, List<double> states, double sum, int agents, double service, double leave, bool bounded)
    {
        var last = states.Count - (bounded ? 1 : 0);
        var queue = last - agents;
        if (queue <= 0) return 0;
        // probability[k]: k customers are before this one, who waits and has not left; answered when one agent frees at k = 0.
        var probability = new double[queue];
        for (var before = 0; before < queue; before++) probability[before] = states[agents + before] / sum;
        var fastest = (agents * service) + (queue * leave);
        var mean = fastest * target;
        var answered = 0.0;
        // Poisson(mean) steps of the uniformised chain, summed over by the tail of the Poisson distribution.
        var (weight, tail) = (Math.Exp(-mean), 1.0);
        var logWeight = -mean;
        for (var step = 0; step < mean + (12 * Math.Sqrt(mean)) + 30; step++)
        {
            weight = Math.Exp(logWeight);
            tail -= weight;
            answered += Math.Max(0, tail) * probability[0] * agents * service / fastest;
            var next = new double[queue];
            for (var before = 0; before < queue; before++)
            {
                var moves = (agents * service) + (before * leave);
                next[before] += probability[before] * (1 - ((moves + leave) / fastest));
                if (before > 0) next[before - 1] += probability[before] * moves / fastest;
            }

            probability = next;
            logWeight += Math.Log(mean / (step + 1));
        }

        return answered;
    }
}
