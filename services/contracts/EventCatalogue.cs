using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Relais.Contracts.Channels;
using Relais.Contracts.Identity;
using Relais.Contracts.Knowledge;
using Relais.Contracts.Routing;
using Relais.Contracts.Surveys;
using Relais.Contracts.Tickets;

namespace Relais.Contracts;

/// <summary>Every event of the platform by its wire name, and the JSON in which it travels.</summary>
public static class EventCatalogue
{
    private static readonly Dictionary<string, Type> ByName = new[]
    {
        Entry<StaffMemberAdded>(),
        Entry<StaffMemberChanged>(),
        Entry<ArticlePublished>(),
        Entry<ArticleArchived>(),
        Entry<ConversationStarted>(),
        Entry<CustomerMessageReceived>(),
        Entry<AssistantReplied>(),
        Entry<ConversationSolved>(),
        Entry<ExpertRequested>(),
        Entry<TicketOpened>(),
        Entry<TicketAssigned>(),
        Entry<TicketReplied>(),
        Entry<TicketResolved>(),
        Entry<TicketReopened>(),
        Entry<OfferMade>(),
        Entry<OfferAccepted>(),
        Entry<OfferDeclined>(),
        Entry<OfferExpired>(),
        Entry<OfferRescinded>(),
        Entry<SurveySent>(),
        Entry<SurveyAnswered>(),
    }.ToDictionary();

    /// <summary>The wire names and their types.</summary>
    public static IReadOnlyDictionary<string, Type> All => ByName;

    /// <summary>Writes an event as the JSON of its wire version.</summary>
    public static string Serialize(IEvent @event) => JsonSerializer.Serialize(@event, TypeInfo(@event.GetType()));

    /// <summary>Reads an event; members that this version does not know are passed over.</summary>
    /// <exception cref="KeyNotFoundException">No event has that wire name.</exception>
    /// <exception cref="JsonException">The payload is not that event.</exception>
    public static IEvent Deserialize(string wireName, string payload) =>
        JsonSerializer.Deserialize(payload, TypeInfo(ByName[wireName])) as IEvent
        ?? throw new JsonException($"The payload of {wireName} is null.");

    private static JsonTypeInfo TypeInfo(Type type) =>
        EventJson.Default.GetTypeInfo(type) ?? throw new KeyNotFoundException($"{type.Name} is not in {nameof(EventJson)}.");

    private static KeyValuePair<string, Type> Entry<TEvent>() where TEvent : IEvent => new(TEvent.WireName, typeof(TEvent));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StaffMemberAdded))]
[JsonSerializable(typeof(StaffMemberChanged))]
[JsonSerializable(typeof(ArticlePublished))]
[JsonSerializable(typeof(ArticleArchived))]
[JsonSerializable(typeof(ConversationStarted))]
[JsonSerializable(typeof(CustomerMessageReceived))]
[JsonSerializable(typeof(AssistantReplied))]
[JsonSerializable(typeof(ConversationSolved))]
[JsonSerializable(typeof(ExpertRequested))]
[JsonSerializable(typeof(TicketOpened))]
[JsonSerializable(typeof(TicketAssigned))]
[JsonSerializable(typeof(TicketReplied))]
[JsonSerializable(typeof(TicketResolved))]
[JsonSerializable(typeof(TicketReopened))]
[JsonSerializable(typeof(OfferMade))]
[JsonSerializable(typeof(OfferAccepted))]
[JsonSerializable(typeof(OfferDeclined))]
[JsonSerializable(typeof(OfferExpired))]
[JsonSerializable(typeof(OfferRescinded))]
[JsonSerializable(typeof(SurveySent))]
[JsonSerializable(typeof(SurveyAnswered))]
internal sealed partial class EventJson : JsonSerializerContext;
