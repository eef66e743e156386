using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Simulation;
using Xunit;

namespace Relais.Unit.Routing.Simulation;

public sealed class BankLogTests
{
    private const string Header = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\n";
    private const string Log = Header
        + "A\t1\t0\t2\tPS\t990201\t9:00:00\t9:00:10\t10\t9:00:10\t9:00:40\t30\tAGENT\t9:00:40\t9:03:40\t180\tANN\n"
        + "A\t2\t0\t0\tNW\t990201\t9:10:00\t9:10:10\t10\t9:10:10\t9:10:40\t30\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n"
        + "A\t3\t0\t0\tNW\t990202\t9:10:00\t9:10:10\t10\t0:00:00\t0:00:00\t0\tAGENT\t9:10:10\t9:12:10\t120\tANN\n"
        + "A\t4\t0\t0\tPS\t990202\t9:20:00\t9:20:10\t10\t0:00:00\t0:00:00\t0\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n"
        + "A\t5\t0\t0\tPS\t990202\t9:30:00\t9:30:10\t10\t0:00:00\t0:00:00\t0\tPHANTOM\t0:00:00\t0:00:00\t0\tNO_SERVER\n";

    [Fact]
    public void Log_becomes_experts_calls_and_patience()
    {
        var log = BankLog.Read(new StringReader(Log));
        var scenario = log.Scenario();
        var contacts = scenario.Contacts(1);

        Assert.Equal((60, 150), (log.MeanPatience, log.MeanHandle));
        Assert.Equal([32410, 33010, 86400 + 33010], contacts.Select(contact => contact.At));
        Assert.Equal(30, contacts[1].Patience);
        Assert.True(contacts[0].Patience > 30);
        Assert.Equal((180, CustomerTier.Vip), (contacts[0].Handle, contacts[0].Kind.Tier));
        var ann = Assert.Single(scenario.Experts);
        Assert.Equal((5, 5), (ann.Skills["PS"], ann.Skills["NW"]));
        Assert.Equal([(32410, 32620), (119410, 119530)], ann.Shifts);
    }

    [Fact]
    public void Lines_in_another_order_are_the_same_calls_from_the_first_day_on()
    {
        var lines = Log.TrimEnd().Split('\n');
        var log = BankLog.Read(new StringReader(string.Join('\n', lines.Skip(1).Reverse().Prepend(lines[0]))));
        Assert.Equal(new DateOnly(1999, 2, 1), log.FirstDay);
        Assert.Equal([32410, 33010, 86400 + 33010], log.Arrivals);
        Assert.Equal([(32410, 32620), (119410, 119530)], Assert.Single(log.Scenario().Experts).Shifts);
    }

    [Theory]
    [InlineData("", "The call log is empty.")]
    [InlineData("a\tb\n", "The call log has no column type.")]
    [InlineData(Header, "The call log holds no answered call.")]
    [InlineData(Header + "A\t2\t0\t0\tNW\t990201\t9:10:00\t9:10:10\t10\t9:10:10\t9:10:40\t30\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n", "The call log holds no answered call.")]
    [InlineData(Header + "A\t1\n", "Line 2 of the call log has 2 columns instead of 17.")]
    [InlineData(Header + "A\t1\t0\t2\tPS\t990201\t9:00:00\tnoon\t10\t9:00:10\t9:00:40\t30\tAGENT\t9:00:40\t9:03:40\t180\tANN\n", "Line 2 of the call log: noon is no time of day.")]
    public void What_cannot_be_read_is_told_with_its_line(string log, string told) =>
        Assert.Equal(told, Assert.Throws<FormatException>(() => BankLog.Read(new StringReader(log))).Message);

    [Fact]
    public void Whole_log_runs_under_the_default_rule()
    {
        var file = Path.Combine(Root(), "../shared/data/callcentre/calls.tsv");
        if (!File.Exists(file)) Assert.Skip("The bank's call log is not there: ../shared/data/callcentre/calls.tsv beside the repository.");
        using var reader = new StreamReader(file);
        var scenario = BankLog.Read(reader).Scenario();

        var figures = SimulationRun.Of(scenario, SimulationRun.PolicyOf(new RelaisRule()), 1, TestContext.Current.CancellationToken).Figures();

        Assert.InRange(figures["sla"], 60, 100);
        Assert.InRange(figures["abandoned"], 1, 25);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Platform.sln"))) folder = folder.Parent;
        return folder?.FullName ?? AppContext.BaseDirectory;
    }
}
