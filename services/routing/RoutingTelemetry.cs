using System.Diagnostics.Metrics;
using Relais.Routing.Domain;

namespace Relais.Routing;

/// <summary>What an operator watches of routing.</summary>
internal static class RoutingTelemetry
{
    private static readonly Meter Meter = new("Relais.Routing");

    private static readonly Counter<long> Offers =
        Meter.CreateCounter<long>("relais.routing.offers", "{offer}", "Offers made and what became of them, by state.");

    private static readonly Counter<long> Unplaced =
        Meter.CreateCounter<long>("relais.routing.unplaced", "{decision}", "Decisions that found nobody for an item, by trigger.");

    private static readonly Histogram<double> Wait =
        Meter.CreateHistogram<double>("relais.routing.wait", "s", "From a matter's original opening to each offer of it, by channel.");

    /// <summary>Counts what has become durable.</summary>
    public static void Decided(Reaction reaction)
    {
        foreach (var change in reaction.Changes)
        {
            switch (change)
            {
                case Change.OfferMade made:
                    Offers.Add(1, new KeyValuePair<string, object?>("state", nameof(OfferState.Offered)));
                    Wait.Record(made.Decision.WaitedSeconds, new KeyValuePair<string, object?>("channel", made.Item.Request.Channel));
                    break;
                case Change.OfferSettled settled:
                    Offers.Add(1, new KeyValuePair<string, object?>("state", settled.State.ToString()));
                    break;
                case Change.Waits waits:
                    Unplaced.Add(1, new KeyValuePair<string, object?>("trigger", waits.Decision.Trigger));
                    break;
            }
        }
    }
}
