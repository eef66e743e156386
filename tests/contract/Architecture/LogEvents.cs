using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Relais.Contract.Architecture;

/// <summary>What operators tell log lines apart by.</summary>
public sealed class LogEvents
{
    [Fact]
    public void Each_has_an_id_of_its_own()
    {
        var events = new[] { "Common", "Identity", "Knowledge", "Channels", "Tickets", "Routing", "Surveys", "Gateway" }
            .SelectMany(name => Assembly.Load("Relais." + name).GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            // Without a number the id is made of the name.
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Where(each => each.EventId > 0).ToList();

        Assert.NotEmpty(events);
        Assert.Empty(events.GroupBy(each => each.EventId).Where(group => group.Count() > 1).Select(group => string.Join(", ", group.Select(each => each.EventName))));
    }
}
