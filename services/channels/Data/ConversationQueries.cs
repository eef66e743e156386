using Microsoft.EntityFrameworkCore;
using Relais.Channels.Domain;
using Relais.Common.Data;

namespace Relais.Channels.Data;

/// <summary>Queries that every message passes through, compiled once for the model of one provider.</summary>
internal sealed class ConversationQueries
{
    public Func<ChannelsDb, Guid, CancellationToken, Task<Conversation?>> Tracked { get; } = EF.CompileAsyncQuery(
        (ChannelsDb db, Guid id, CancellationToken _) => db.Conversations.TagWith(RowLocks.ForUpdate).FirstOrDefault(row => row.Id == id));

    public Func<ChannelsDb, List<Guid>, IAsyncEnumerable<Conversation>> Free { get; } = EF.CompileAsyncQuery(
        (ChannelsDb db, List<Guid> ids) => db.Conversations.TagWith(RowLocks.FreeForUpdate).AsNoTracking().Where(row => ids.Contains(row.Id)));

    public Func<ChannelsDb, Guid, int, int, IAsyncEnumerable<Message>> Following { get; } = EF.CompileAsyncQuery(
        (ChannelsDb db, Guid id, int afterSequence, int most) => db.Messages.AsNoTracking()
            .Where(row => row.ConversationId == id && row.Sequence > afterSequence).OrderBy(row => row.Sequence).Take(most));
}
