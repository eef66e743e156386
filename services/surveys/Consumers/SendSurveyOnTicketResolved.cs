using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;
using Relais.Surveys.Data;
using Relais.Surveys.Domain;

namespace Relais.Surveys.Consumers;

/// <summary>
/// Asks the customer how it was: one survey for each resolution of a ticket. The survey and the event that carries its
/// token are one transaction, so that a repeated delivery makes no second token.
/// </summary>
internal sealed class SendSurveyOnTicketResolved(SurveysDb db, TimeProvider clock, Inbox inbox) : EventConsumer<TicketResolved>(inbox)
{
    protected override Task HandleAsync(TicketResolved @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        if (await db.Surveys.AnyAsync(survey => survey.TicketId == @event.TicketId && survey.Resolution == @event.Resolution, ct))
            return;
        var now = clock.GetUtcNow();
        var (survey, sent) = Survey.Send(@event, now, Activity.Current?.Id);
        db.Surveys.Add(survey);
        db.Publish(sent, now, survey.TraceParent);
    }, cancellationToken);
}
