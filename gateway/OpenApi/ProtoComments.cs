using Google.Protobuf;
using Google.Protobuf.Reflection;
using Relais.Contracts;

namespace Relais.Gateway.OpenApi;

/// <summary>
/// What the protos say of each service, method, message, field and enum value, by full name. Generated code carries no
/// comments, so they are read from the descriptors that the contracts embed.
/// </summary>
internal sealed class ProtoComments
{
    private const string Resource = "Relais.Contracts.descriptors.pb";

    private readonly Dictionary<string, string> byName = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The contracts were built without their descriptors.</exception>
    public static ProtoComments Read()
    {
        using var stream = typeof(ContractCatalogue).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The contracts do not hold {Resource}.");
        var comments = new ProtoComments();
        foreach (var file in FileDescriptor.BuildFromByteStrings(FileDescriptorSet.Parser.ParseFrom(stream).File.Select(file => file.ToByteString())))
        {
            if (file.Package.StartsWith("relais.", StringComparison.Ordinal))
                comments.Add(file);
        }

        return comments;
    }

    /// <summary>Paragraphs as the proto has them; empty where it says nothing.</summary>
    public string Of(IDescriptor descriptor) => byName.GetValueOrDefault(descriptor.FullName, "");

    private void Add(FileDescriptor file)
    {
        foreach (var service in file.Services)
        {
            Add(service.FullName, service.Declaration);
            foreach (var method in service.Methods)
                Add(method.FullName, method.Declaration);
        }

        foreach (var message in file.MessageTypes)
            Add(message);
        foreach (var type in file.EnumTypes)
            Add(type);
    }

    private void Add(MessageDescriptor message)
    {
        Add(message.FullName, message.Declaration);
        foreach (var field in message.Fields.InDeclarationOrder())
            Add(field.FullName, field.Declaration);
        foreach (var inner in message.NestedTypes)
            Add(inner);
        foreach (var type in message.EnumTypes)
            Add(type);
    }

    private void Add(EnumDescriptor type)
    {
        Add(type.FullName, type.Declaration);
        foreach (var value in type.Values)
            Add(value.FullName, value.Declaration);
    }

    private void Add(string name, DescriptorDeclaration? declaration)
    {
        var text = string.Join(' ', (declaration?.LeadingComments ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (text.Length > 0)
            byName[name] = text;
    }
}
