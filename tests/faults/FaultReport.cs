using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Encodings.Web;

namespace Relais.Faults;

/// <summary>What a run showed; every violation with the history of the item concerned.</summary>
/// <param name="title">What was done to the platform, with the seed.</param>
internal sealed class FaultReport(string title)
{
    private const int MostPrinted = 10;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public List<string> Violations { get; } = [];

    public int Conversations { get; set; }

    public int Acknowledged { get; set; }

    public int Resolved { get; set; }

    public int Declined { get; set; }

    public int Reassigned { get; set; }

    /// <summary>Confirmations by customers, of matters that a person had or that the assistant solved.</summary>
    public int Confirmed { get; set; }

    public long Events { get; set; }

    public void Add(string violation, JsonNode? history = null) =>
        Violations.Add(history is null ? violation : $"{violation}\n{history.ToJsonString(Readable)}");

    public void Require(bool condition, string violation)
    {
        if (!condition)
            Add(violation);
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"{title}: {Conversations} conversations, {Acknowledged} acknowledged messages, {Resolved} resolved tickets, {Declined} declined offers, {Reassigned} reassignments, {Confirmed} confirmed as solved, ")
            .Append(CultureInfo.InvariantCulture, $"{Events} events checked, {Violations.Count} violations");
        foreach (var violation in Violations.Take(MostPrinted))
            text.Append('\n').Append(violation);
        return text.ToString();
    }
}
