using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Requests;

namespace Relais.Common.Data;

/// <summary>Queries that every write of every service passes through, compiled once for the model of each context.</summary>
internal sealed class ServiceQueries
{
    private static readonly ConcurrentDictionary<Type, ServiceQueries> Known = new();

    /// <summary>What a caller's request was answered; null when it was not.</summary>
    public Func<ServiceDb, string, string, CancellationToken, Task<AnsweredRequest?>> Answered { get; } = EF.CompileAsyncQuery(
        (ServiceDb db, string subject, string requestId, CancellationToken _) => db.AnsweredRequests.AsNoTracking()
            .FirstOrDefault(row => row.Subject == subject && row.RequestId == requestId));

    /// <summary>Whether a consumer has dealt with a message.</summary>
    public Func<ServiceDb, Guid, string, CancellationToken, Task<bool>> IsDealtWith { get; } = EF.CompileAsyncQuery(
        (ServiceDb db, Guid messageId, string consumer, CancellationToken _) => db.Inbox
            .Any(entry => entry.MessageId == messageId && entry.Consumer == consumer));

    public static ServiceQueries Of(ServiceDb db) => Known.GetOrAdd(db.GetType(), static _ => new ServiceQueries());
}
