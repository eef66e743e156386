using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Mime;
using System.Text;
using MassTransit;
using MassTransit.Serialization;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// How an event looks in the broker: the body is the event's JSON as the contracts have it, the rest of the envelope is in
/// headers, so that anybody who can read RabbitMQ and the contracts can follow along.
/// </summary>
internal sealed class EventWire : ISerializerFactory, IMessageSerializer, IMessageDeserializer
{
    private const string NameHeader = "relais-event";
    private const string KeyHeader = "relais-key";
    private const string OccurredHeader = "relais-occurred-at";
    private const string TraceHeader = "traceparent";

    public ContentType ContentType { get; } = new("application/json");

    public static void SetHeaders(SendContext context, EventEnvelope envelope)
    {
        context.MessageId = envelope.MessageId;
        context.Headers.Set(NameHeader, envelope.Name);
        context.Headers.Set(KeyHeader, envelope.Key);
        context.Headers.Set(Delivery.TenantHeader, envelope.TenantId);
        context.Headers.Set(OccurredHeader, envelope.OccurredAt.ToString("O", CultureInfo.InvariantCulture));
        if (envelope.TraceParent is { } trace)
            context.Headers.Set(TraceHeader, trace);
    }

    /// <summary>Whether a header belongs to the event itself, not to what happened to it.</summary>
    public static bool IsHeader(string name) => name is NameHeader or KeyHeader or OccurredHeader or TraceHeader or Delivery.TenantHeader;

    /// <summary>Reads an event back.</summary>
    /// <param name="header">Finds a header's text; null where there is none.</param>
    /// <exception cref="FormatException">It was not put there by Relais.</exception>
    public static EventEnvelope Read(Guid? messageId, Func<string, string?> header, ReadOnlySpan<byte> body)
    {
        string Required(string name) => header(name) ?? throw new FormatException($"The message has no {name} header.");
        return new EventEnvelope(
            messageId ?? throw new FormatException("The message has no id that is a UUID."),
            Required(NameHeader), Required(Delivery.TenantHeader), Required(KeyHeader), Encoding.UTF8.GetString(body), header(TraceHeader),
            DateTimeOffset.Parse(Required(OccurredHeader), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));
    }

    /// <summary>What can be made out of a message that cannot be read; it has no time.</summary>
    public static EventEnvelope MakeOut(Guid id, Func<string, string?> header, ReadOnlySpan<byte> body) => new(
        id, header(NameHeader) ?? "", header(Delivery.TenantHeader) ?? "", header(KeyHeader) ?? "", Encoding.UTF8.GetString(body), header(TraceHeader), default);

    public IMessageSerializer CreateSerializer() => this;

    public IMessageDeserializer CreateDeserializer() => this;

    public MessageBody GetMessageBody<T>(SendContext<T> context) where T : class => context.Message is EventEnvelope envelope
        ? new StringMessageBody(envelope.Payload)
        : throw new NotSupportedException($"Only events travel through the broker, not {typeof(T).Name}.");

    public MessageBody GetMessageBody(string text) => new StringMessageBody(text);

    public ConsumeContext Deserialize(ReceiveContext receiveContext) =>
        new BodyConsumeContext(receiveContext, Deserialize(receiveContext.Body, receiveContext.TransportHeaders, receiveContext.InputAddress));

    public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) =>
        new Reader(this, new RawMessageContext(headers, destinationAddress, RawSerializerOptions.Default), body, headers);

    public void Probe(ProbeContext context) => context.CreateScope("relais-events");

    /// <summary>A received message, as what it came as: what it is, its reader finds out.</summary>
    private sealed class Reader(EventWire wire, MessageContext message, MessageBody body, Headers headers)
        : BaseSerializerContext(NoObjects.Instance, message, ["urn:message:Relais.Common.Messaging.RabbitMq:ReceivedEvent"])
    {
        public override bool IsSupportedMessageType<T>() => typeof(T) == typeof(ReceivedEvent);

        public override bool IsSupportedMessageType(Type messageType) => messageType == typeof(ReceivedEvent);

        public override bool TryGetMessage<T>([NotNullWhen(true)] out T? result)
            where T : class
        {
            var found = TryGetMessage(typeof(T), out var read);
            result = read as T;
            return found;
        }

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? result)
        {
            result = messageType == typeof(ReceivedEvent) ? new ReceivedEvent(MessageId, name => headers.Get<string>(name), body) : null;
            return result is not null;
        }

        public override IMessageSerializer GetMessageSerializer() => wire;

        public override IMessageSerializer GetMessageSerializer<T>(MessageEnvelope envelope, T message) => wire;

        public override IMessageSerializer GetMessageSerializer(object message, string[] messageTypes) => wire;

        public override Dictionary<string, object> ToDictionary<T>(T? message) where T : class => [];
    }

    // Headers are text; nothing else is looked for in them.
    private sealed class NoObjects : IObjectDeserializer
    {
        public static readonly NoObjects Instance = new();

        public T? DeserializeObject<T>(object? value, T? defaultValue = default) where T : class => value as T ?? defaultValue;

        public T? DeserializeObject<T>(object? value, T? defaultValue = null) where T : struct => value is T found ? found : defaultValue;

        public MessageBody SerializeObject(object? value) => throw new NotSupportedException("Only events travel through the broker.");
    }
}

/// <summary>A message from a target's queue, not yet read: one that cannot be read is put aside like one that fails.</summary>
public sealed class ReceivedEvent
{
    private readonly Guid? messageId;
    private readonly Func<string, string?> header;

    internal ReceivedEvent(Guid? messageId, Func<string, string?> header, MessageBody body)
    {
        this.messageId = messageId;
        this.header = header;
        Body = body;
    }

    internal MessageBody Body { get; }

    /// <summary>Those that a replay is for; empty for all that take the event.</summary>
    internal string[] Consumers => header(DeadLetterHeaders.Consumers)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <exception cref="FormatException">It was not put there by Relais.</exception>
    internal EventEnvelope Read() => EventWire.Read(messageId, header, Body.GetBytes());
}
