using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>Files of protos, with those they import, by name and by what they declare.</summary>
public class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    private SymbolRegistry() { }

    public static SymbolRegistry FromFiles(IEnumerable<FileDescriptor> fileDescriptors)
    {
        ArgumentNullException.ThrowIfNull(fileDescriptors);
        var registry = new SymbolRegistry();
        foreach (var file in fileDescriptors)
            registry.Add(file);
        return registry;
    }

    /// <summary>Null when no file has the name.</summary>
    public FileDescriptor? FileByName(string filename) => _files.GetValueOrDefault(filename);

    /// <summary>The file of a full name of any declaration; null when there is none.</summary>
    public FileDescriptor? FileContainingSymbol(string symbol) => _symbols.GetValueOrDefault(symbol);

    internal FileDescriptor? FileContainingExtension(string extendedType, int number) =>
        _extensions.GetValueOrDefault(extendedType)?.GetValueOrDefault(number);

    /// <summary>Null when the message is unknown.</summary>
    internal IEnumerable<int>? ExtensionNumbers(string extendedType)
    {
        if (_extensions.TryGetValue(extendedType, out var numbers))
            return numbers.Keys;
        return _symbols.ContainsKey(extendedType) ? [] : null;
    }

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
            return;
        foreach (var import in file.Dependencies)
            Add(import);
        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods)
                _symbols[method.FullName] = file;
        }
        foreach (var message in file.MessageTypes)
            Add(message);
        foreach (var type in file.EnumTypes)
            Add(type);
        foreach (var extension in file.Extensions.UnorderedExtensions)
            Add(extension);
    }

    private void Add(MessageDescriptor message)
    {
        _symbols[message.FullName] = message.File;
        foreach (var field in message.Fields.InDeclarationOrder())
            _symbols[field.FullName] = message.File;
        foreach (var oneof in message.Oneofs)
            _symbols[oneof.FullName] = message.File;
        foreach (var nested in message.NestedTypes)
            Add(nested);
        foreach (var type in message.EnumTypes)
            Add(type);
        foreach (var extension in message.Extensions.UnorderedExtensions)
            Add(extension);
    }

    private void Add(EnumDescriptor type)
    {
        _symbols[type.FullName] = type.File;
        foreach (var value in type.Values)
            _symbols[value.FullName] = type.File;
    }

    private void Add(FieldDescriptor extension)
    {
        _symbols[extension.FullName] = extension.File;
        var extended = extension.ExtendeeType.FullName;
        if (!_extensions.TryGetValue(extended, out var numbers))
            _extensions[extended] = numbers = [];
        numbers[extension.FieldNumber] = extension.File;
    }
}
