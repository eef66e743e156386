using System.Globalization;

namespace Relais.Faults.Scripts;

/// <summary>
/// A queue full of what nobody can deal with: bytes that are no event, events cut off in the middle, events with content of
/// another kind. Each must end as a dead letter, and the others go on meanwhile.
/// </summary>
internal sealed class Poison : IFaultScript
{
    private static readonly TimeSpan LongestDying = TimeSpan.FromMinutes(2);

    public string Name => "poison";

    public async Task RunAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var target = scene.Choose(Effects.ByTarget.Keys.Order(StringComparer.Ordinal).ToList());
        var amount = scene.IsLong ? 500 : 60;
        var messages = Enumerable.Range(0, amount).Select(_ => Brew(scene, target)).ToList();
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"{amount} poisoned messages for {target}"));
        await scene.Stage.Broker.PublishAsync(messages, cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestDying);
        var dead = 0u;
        try
        {
            while ((dead = await scene.Stage.Broker.CountDeadAsync(target, patience.Token)) < amount)
                await Task.Delay(TimeSpan.FromMilliseconds(200), patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FaultException(string.Create(CultureInfo.InvariantCulture, $"of {amount} poisoned messages {dead} became dead letters of {target} within {LongestDying.TotalSeconds:0} s"));
        }

        if (dead != amount)
            throw new FaultException(string.Create(CultureInfo.InvariantCulture, $"{amount} poisoned messages became {dead} dead letters of {target}"));
        await scene.Stage.Broker.ForgetDeadAsync(target, cancellationToken);
    }

    private static BrokerMessage Brew(FaultScene scene, string target)
    {
        // Straight into one queue: an exchange of its name stands before it.
        var exchange = Broker.QueueOf(target);
        var bytes = new byte[16];
        scene.Random.NextBytes(bytes);
        var id = new Guid(bytes).ToString();
        var name = scene.Choose(Effects.ByTarget[target]);
        var headers = EventHeaders.Of(name, scene.Stage.Tenant, id, DateTimeOffset.UtcNow, trace: null);
        return scene.Random.Next(3) switch
        {
            0 => new BrokerMessage(exchange, id, new Dictionary<string, string>(), Convert.ToHexString(bytes)),
            1 => new BrokerMessage(exchange, id, headers, "{\"ticketId\": 5, "),
            _ => new BrokerMessage(exchange, id, headers, """{"ticketId": 5, "conversationId": 7, "staffId": 9, "articleId": 11}"""),
        };
    }
}
