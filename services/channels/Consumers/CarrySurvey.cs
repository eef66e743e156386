using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Talking;
using Relais.Common.Messaging;
using Relais.Contracts.Surveys;

namespace Relais.Channels.Consumers;

/// <summary>A survey reaches the customer in their conversation.</summary>
internal sealed class CarrySurvey(Inbox inbox, ChannelsDb db, Talk talk, TimeProvider clock) : EventConsumer<SurveySent>(inbox)
{
    protected override Task HandleAsync(SurveySent @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        talk.Add(conversation, conversation.SystemSays(
            Phrases.For(conversation.Locale).SurveySent(@event.MinimumScore, @event.MaximumScore),
            clock.Now(),
            new Survey(@event.SurveyId, @event.Token, @event.Kind, @event.MinimumScore, @event.MaximumScore)));
    }, cancellationToken);
}
