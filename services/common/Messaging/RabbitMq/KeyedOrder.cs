namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Puts the deliveries of one channel back into the order in which the broker sent them, since MassTransit hands each to a
/// thread of its own, and lets those of one key through one after the other. The broker numbers the deliveries of a channel
/// from 1 without gaps.
/// </summary>
internal sealed class KeyedOrder
{
    private readonly Dictionary<ulong, (string Key, TaskCompletionSource<Turn> Entered)> early = [];
    private readonly Dictionary<string, Turn> last = new(StringComparer.Ordinal);
    private ulong next = 1;

    /// <summary>Completes with a turn once every earlier delivery has asked for its own.</summary>
    /// <param name="key">What must be kept in order.</param>
    public Task<Turn> EnterAsync(ulong deliveryTag, string key)
    {
        var entered = new TaskCompletionSource<Turn>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (early)
        {
            early.Add(deliveryTag, (key, entered));
            while (early.Remove(next, out var following))
            {
                var turn = new Turn(this, following.Key, last.GetValueOrDefault(following.Key)?.Ended ?? Task.CompletedTask);
                last[following.Key] = turn;
                following.Entered.SetResult(turn);
                next++;
            }
        }

        return entered.Task;
    }

    private void Leave(Turn turn)
    {
        lock (early)
        {
            if (last.GetValueOrDefault(turn.Key) == turn)
                last.Remove(turn.Key);
        }
    }

    /// <summary>The place of one delivery behind the earlier ones of its key; ends with disposal.</summary>
    public sealed class Turn(KeyedOrder order, string key, Task begins) : IDisposable
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Key => key;

        /// <summary>Completes when the one before has ended.</summary>
        public Task Begins => begins;

        public Task Ended => ended.Task;

        public void Dispose()
        {
            order.Leave(this);
            ended.SetResult();
        }
    }
}
