using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Relais.Channels.Domain;

namespace Relais.Channels.Data;

/// <summary>How a message's details are stored: JSON that only grows, so that old rows stay readable.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MessageDetails))]
internal sealed partial class MessageJson : JsonSerializerContext
{
    private static string? Write(MessageDetails? details) => details is null ? null : JsonSerializer.Serialize(details, Default.MessageDetails);

    private static MessageDetails? Read(string? stored) => stored is null ? null : JsonSerializer.Deserialize(stored, Default.MessageDetails);

    internal sealed class Converter() : ValueConverter<MessageDetails?, string?>(details => Write(details), stored => Read(stored));

    // Messages never change: the same object is the same value, and no snapshot is needed.
    internal sealed class Comparer() : ValueComparer<MessageDetails?>(
        (one, other) => ReferenceEquals(one, other), details => details == null ? 0 : details.GetHashCode(), details => details);
}
