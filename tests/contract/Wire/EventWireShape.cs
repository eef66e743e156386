using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.Contracts;

namespace Relais.Contract.Wire;

/// <summary>Events on the wire stay as they were: inside a version their shape only grows.</summary>
public sealed class EventWireShape
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> WireNames() => [.. EventCatalogue.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(WireNames))]
    public void Event_is_written_as_in_its_golden_file(string wireName)
    {
        var written = JsonNode.Parse(EventCatalogue.Serialize(Example(wireName)))!.ToJsonString(Readable) + "\n";
        Assert.Equal(Golden.Read(wireName + ".json", written), written);
    }

    [Theory]
    [MemberData(nameof(WireNames))]
    public void Event_read_back_from_its_golden_file_is_the_same(string wireName)
    {
        var example = Example(wireName);
        var golden = Golden.Read(wireName + ".json", JsonNode.Parse(EventCatalogue.Serialize(example))!.ToJsonString(Readable) + "\n");
        Assert.Equal(EventCatalogue.Serialize(example), EventCatalogue.Serialize(EventCatalogue.Deserialize(wireName, golden)));
    }

    [Theory]
    [MemberData(nameof(WireNames))]
    public void Event_with_a_member_of_a_later_version_is_read(string wireName)
    {
        var later = JsonNode.Parse(EventCatalogue.Serialize(Example(wireName)))!.AsObject();
        later["addedLater"] = new JsonObject { ["x"] = 1 };
        Assert.Equal(EventCatalogue.Serialize(Example(wireName)), EventCatalogue.Serialize(EventCatalogue.Deserialize(wireName, later.ToJsonString())));
    }

    private static IEvent Example(string wireName) => (IEvent)Make(EventCatalogue.All[wireName], "")!;

    // The same value in every run, and another for every member.
    private static object? Make(Type type, string name)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(string))
            return "an example of " + name;
        if (bare == typeof(Guid))
            return new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
        if (bare == typeof(int))
            return name.Length;
        if (bare == typeof(double))
            return 0.5;
        if (bare == typeof(bool))
            return true;
        if (bare == typeof(DateTimeOffset))
            return new DateTimeOffset(2026, 3, 14, 15, 9, 26, 535, TimeSpan.Zero);
        if (bare.IsAssignableTo(typeof(IEnumerable)))
        {
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(bare.GetGenericArguments()))!;
            list.Add(Make(bare.GetGenericArguments()[0], name));
            return list;
        }

        var constructor = bare.GetConstructors().Single(candidate => candidate.GetParameters().Length > 0);
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType, parameter.Name!))]);
    }
}
