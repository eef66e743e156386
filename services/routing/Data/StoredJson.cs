using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Data;

/// <summary>A language of an expert, as a column holds it.</summary>
internal sealed record StoredLanguage(string Language, int Level);

/// <summary>Values that are read and written whole, as JSON in a text column on either provider.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Decision))]
[JsonSerializable(typeof(IReadOnlyList<StoredLanguage>))]
[JsonSerializable(typeof(IReadOnlyList<PolicyHours>))]
[JsonSerializable(typeof(IReadOnlyList<SkillRequirement>))]
[JsonSerializable(typeof(IReadOnlyList<Guid>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, int>))]
[JsonSerializable(typeof(PolicyDefinition))]
[JsonSerializable(typeof(IReadOnlyDictionary<Guid, int>))]
internal sealed partial class StoredJson : JsonSerializerContext;

internal static class StoredJsonExtensions
{
    /// <summary>Every property of this type becomes a text column.</summary>
    public static ModelConfigurationBuilder StoreAsJson<T>(this ModelConfigurationBuilder builder) where T : class
    {
        builder.Properties<T>().HaveConversion<JsonConverter<T>, JsonComparer<T>>();
        return builder;
    }
}

internal sealed class JsonConverter<T>() : ValueConverter<T, string>(
    value => JsonSerializer.Serialize(value, Json<T>.Type), text => JsonSerializer.Deserialize(text, Json<T>.Type)!)
    where T : class;

/// <summary>Compares by what would be stored; the values themselves are never changed in place.</summary>
internal sealed class JsonComparer<T>() : ValueComparer<T>(
    (left, right) => JsonSerializer.Serialize(left!, Json<T>.Type) == JsonSerializer.Serialize(right!, Json<T>.Type),
    value => JsonSerializer.Serialize(value, Json<T>.Type).GetHashCode(StringComparison.Ordinal),
    value => value)
    where T : class;

internal static class Json<T>
{
    public static readonly JsonTypeInfo<T> Type = (JsonTypeInfo<T>)StoredJson.Default.GetTypeInfo(typeof(T))!;
}
