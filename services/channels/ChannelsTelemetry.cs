using System.Diagnostics.Metrics;
using Relais.Channels.Domain;

namespace Relais.Channels;

/// <summary>What an operator watches of conversations.</summary>
internal static class ChannelsTelemetry
{
    private static readonly Meter Meter = new("Relais.Channels");

    private static readonly Counter<long> Messages =
        Meter.CreateCounter<long>("relais.channels.messages", "{message}", "Messages in conversations, by channel and who spoke.");

    private static readonly Counter<long> HandOvers =
        Meter.CreateCounter<long>("relais.channels.hand_overs", "{conversation}", "Conversations given to a person, by cause.");

    private static readonly Counter<long> Solutions =
        Meter.CreateCounter<long>("relais.channels.solved", "{conversation}", "Conversations that their customer calls solved, by whether self-care or a person did it.");

    private static readonly Histogram<double> Turn =
        Meter.CreateHistogram<double>("relais.channels.assistant_turn", "s", "From a customer's message to the assistant's reply.");

    public static void Said(string channel, Author author) => Messages.Add(
        1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("author", author.ToString()));

    public static void HandedOver(string cause) => HandOvers.Add(1, new KeyValuePair<string, object?>("cause", cause));

    public static void Solved(bool bySelfCare) => Solutions.Add(1, new KeyValuePair<string, object?>("by", bySelfCare ? "self_care" : "person"));

    public static void Replied(TimeSpan after) => Turn.Record(after.TotalSeconds);
}
