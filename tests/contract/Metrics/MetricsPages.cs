using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Relais.Contract.Hosting;
using Relais.Tickets;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Contract.Metrics;

/// <summary><c>/metrics</c>: what it says, how it is written, and who may read it.</summary>
public sealed partial class MetricsPages
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_counts_calls_by_method_and_status_and_shows_outbox_and_process()
    {
        await using var target = await LoneTarget.StartAsync(() => new TicketsTarget());
        var expert = new Proto.Tickets.TicketsClient(target.Call(target.Keys.Staff("acme", "expert")));
        await expert.ListTicketsAsync(new Proto.ListTicketsRequest(), cancellationToken: Stop);
        Assert.Equal("ticket.not_found", (await Refusal.OfAsync(expert.GetTicketAsync(new Proto.GetTicketRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Stop))).Code);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(target.HttpAddress, "/metrics"), Stop);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var page = Page.Read(await answer.Content.ReadAsStringAsync(Stop));

        Assert.True(page.Sum("rpc_server_call_duration_seconds_count", ("rpc_method", "relais.tickets.v1.Tickets/ListTickets"), ("rpc_response_status_code", "OK")) >= 1);
        Assert.True(page.Sum("rpc_server_call_duration_seconds_count", ("rpc_method", "relais.tickets.v1.Tickets/GetTicket"), ("rpc_response_status_code", "NotFound")) >= 1);
        Assert.Equal("gauge", page.Types["relais_messaging_outbox_oldest_seconds"]);
        Assert.True(page.Sum("dotnet_process_cpu_time_seconds_total") > 0);
        Assert.True(page.Sum("dotnet_process_memory_working_set_bytes") > 10_000_000);
        Assert.True(page.Sum("dotnet_gc_collections_total") >= 0);
        Assert.Equal("histogram", page.Types["http_server_request_duration_seconds"]);
    }

    [Fact]
    public async Task Page_escapes_labels_and_its_buckets_add_up()
    {
        await using var target = await LoneTarget.StartAsync(() => new TicketsTarget());
        using var meter = new Meter("Relais.Test");
        var waits = meter.CreateHistogram<double>("relais.test.wait", "s", "Waits\nand \\ such.");
        var label = new KeyValuePair<string, object?>("a.label", "quote \" backslash \\ line\nbreak é");
        foreach (var seconds in new[] { 0.0005, 0.02, 0.02, 40, 100_000 })
            waits.Record(seconds, label);
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri(target.HttpAddress, "/metrics"), Stop);
        Assert.Contains("# HELP relais_test_wait_seconds Waits\\nand \\\\ such.\n", text, StringComparison.Ordinal);
        var page = Page.Read(text);
        (string, string)[] labels = [("a_label", "quote \" backslash \\ line\nbreak é")];
        Assert.Equal(5, page.Sum("relais_test_wait_seconds_count", labels));
        Assert.Equal(100_040.0405, page.Sum("relais_test_wait_seconds_sum", labels), 4);
        Assert.Equal(1, page.Sum("relais_test_wait_seconds_bucket", [.. labels, ("le", "0.001")]));
        Assert.Equal(3, page.Sum("relais_test_wait_seconds_bucket", [.. labels, ("le", "0.025")]));
        Assert.Equal(4, page.Sum("relais_test_wait_seconds_bucket", [.. labels, ("le", "7200")]));
        Assert.Equal(5, page.Sum("relais_test_wait_seconds_bucket", [.. labels, ("le", "+Inf")]));
    }

    [Fact]
    public async Task Page_with_a_token_is_for_who_holds_it()
    {
        await using var target = await LoneTarget.StartAsync(() => new TicketsTarget(), new Dictionary<string, string?> { ["Metrics:Token"] = "a token of some length" });
        using var http = new HttpClient { BaseAddress = target.HttpAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("/metrics", UriKind.Relative), Stop)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "a token of some lengtH");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("/metrics", UriKind.Relative), Stop)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "a token of some length");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/metrics", UriKind.Relative), Stop)).StatusCode);
    }

    /// <summary>A page read as strictly as the format is defined.</summary>
    private sealed partial class Page
    {
        private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> samples = [];

        public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

        public static Page Read(string text)
        {
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            var page = new Page();
            var family = "";
            foreach (var line in text[..^1].Split('\n'))
            {
                if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                    continue;
                if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                {
                    var words = line.Split(' ');
                    family = words[2];
                    Assert.True(page.Types.TryAdd(family, words[3]), $"{family} stands twice.");
                    Assert.Contains(words[3], (string[])["counter", "gauge", "histogram"]);
                    continue;
                }

                var sample = Sample().Match(line);
                Assert.True(sample.Success, line);
                var name = sample.Groups["name"].Value;
                Assert.Equal(family, page.Types[family] == "histogram" ? Regex.Replace(name, "_(bucket|sum|count)$", "") : name);
                var labels = Label().Matches(sample.Groups["labels"].Value).ToDictionary(label => label.Groups["key"].Value, label => Unescape(label.Groups["value"].Value), StringComparer.Ordinal);
                page.samples.Add((name, labels, sample.Groups["value"].Value is "+Inf" ? double.PositiveInfinity : double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture)));
            }

            Assert.Equal(page.samples.Count, page.samples.Select(entry => entry.Name + string.Join(',', entry.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))).Distinct().Count());
            return page;
        }

        public double Sum(string name, params (string Key, string Value)[] labels) => samples
            .Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Key) == label.Value))
            .Select(sample => sample.Value).DefaultIfEmpty(double.NaN).Sum();

        private static string Unescape(string value) => Regex.Replace(value, @"\\(.)", escape => escape.Groups[1].Value switch
        {
            "n" => "\n",
            var other => other,
        });

        [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*",?)*)\})? (?<value>[-+]?(Inf|[0-9.eE+-]+)|NaN)$""")]
        private static partial Regex Sample();

        [GeneratedRegex("""(?<key>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\\n]|\\[\\"n])*)"[,]?""")]
        private static partial Regex Label();
    }
}
