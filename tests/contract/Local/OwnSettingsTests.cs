using Relais.AppHost.Embedded;
using Relais.AppHost.Local;

namespace Relais.Contract.Local;

/// <summary>What each process of the local mode is told.</summary>
public sealed class OwnSettingsTests
{
    [Theory]
    [InlineData("tickets", "Host=p", "Host=t", "amqp://r", "redis")]
    [InlineData("surveys", "Host=p", null, "amqp://r", "redis")]
    [InlineData("gateway", null, null, null, "redis")]
    public void A_target_is_told_of_the_servers_that_it_uses(string target, string? postgres, string? tickets, string? rabbitmq, string redis)
    {
        var root = Directory.CreateTempSubdirectory("relais-settings-");
        try
        {
            using var folder = new DataFolder(root.FullName);
            var shared = new Dictionary<string, string?>
            {
                ["ConnectionStrings:postgres"] = "Host=p",
                ["ConnectionStrings:tickets"] = "Host=t",
                ["ConnectionStrings:rabbitmq"] = "amqp://r",
                ["ConnectionStrings:redis"] = "redis",
                ["Logging:LogLevel:Default"] = "Warning",
            };
            var own = LocalPlatform.OwnSettings(target, shared, new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2"), folder, isBalanced: true);

            Assert.Equal((postgres, tickets, rabbitmq, redis), (Told("postgres"), Told("tickets"), Told("rabbitmq"), Told("redis")));
            Assert.Equal("Warning", own["Logging:LogLevel:Default"]);
            Assert.Equal(target == "gateway", own.ContainsKey("Listen:DrainDelay"));

            string? Told(string server) => own.GetValueOrDefault("ConnectionStrings:" + server);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
