using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>
/// Asks the outbox what must go before a row, for many in one question: those that come while a question is under way
/// share the next.
/// </summary>
internal sealed class OutboxTurns(OutboxStore store)
{
    private readonly Gathering<(OutboxMessage Row, TaskCompletionSource<IReadOnlyList<long>> Answer)> questions = new();

    public Task<IReadOnlyList<long>> FindOlderAsync(OutboxMessage row, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<long>>(TaskCreationOptions.RunContinuationsAsynchronously);
        questions.Add((row, answer), () => AskAsync(cancellationToken));
        return answer.Task.WaitAsync(cancellationToken);
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        while (questions.Take() is { Count: > 0 } asked)
        {
            try
            {
                var older = await store.FindOlderAsync([.. asked.Select(question => question.Row)], cancellationToken);
                foreach (var (row, answer) in asked)
                    answer.SetResult([.. older[row.Position]]);
            }
            catch (Exception failure)
            {
                // Each asker hears of it and asks again after its pause.
                foreach (var (_, answer) in asked)
                    answer.SetException(failure);
            }
        }
    }
}
