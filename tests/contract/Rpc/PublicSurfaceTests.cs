using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Grpc.Core;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>Every public name of the mirror implementation exists in the real packages with the same signature.</summary>
public sealed class PublicSurfaceTests
{
    // Generated from the protos of the protocol, as in the real packages, whose list leaves them out.
    private static readonly string[] Generated = ["Grpc.Health.V1", "Grpc.Reflection.V1", "Grpc.Reflection.V1Alpha"];

    [Fact]
    public void Public_types_and_members_are_those_of_the_real_packages()
    {
        var mirror = typeof(Metadata).Assembly;
        Profile.MirrorOnly("are what is compared with");
        var list = FindList();
        Assert.SkipWhen(list is null, "../shared/api/grpc-2.85.txt, the list of the real packages' names, is not beside this repository");
        var real = ReadList(list!);
        var missing = Missing(mirror.GetExportedTypes().Where(type => !Generated.Contains(type.Namespace)), real).ToList();
        Assert.True(missing.Count == 0, "Not in the real packages:\n" + string.Join('\n', missing));
    }

    [Fact]
    public void A_name_that_the_real_packages_lack_is_found()
    {
        var list = FindList();
        Assert.SkipWhen(list is null, "../shared/api/grpc-2.85.txt, the list of the real packages' names, is not beside this repository");
        var missing = Missing([typeof(Invented)], ReadList(list!)).ToList();
        Assert.Contains(missing, line => line.Contains("Invented", StringComparison.Ordinal));
    }

    /// <summary>A type that no package has.</summary>
    public sealed class Invented;

    private static string? FindList()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "api", "grpc-2.85.txt");
            if (File.Exists(candidate))
                return candidate;
        }
        return null;
    }

    private static Dictionary<string, HashSet<string>> ReadList(string path)
    {
        var types = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        HashSet<string>? members = null;
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                members?.Add(line.Trim());
            }
            else if (!line.StartsWith('#') && !types.TryGetValue(line, out members))
            {
                types[line] = members = [];
            }
        }
        return types;
    }

    private static IEnumerable<string> Missing(IEnumerable<Type> types, Dictionary<string, HashSet<string>> real)
    {
        foreach (var type in types)
        {
            var header = Header(type);
            if (!real.TryGetValue(header, out var members))
            {
                yield return header;
                continue;
            }
            foreach (var member in Members(type).Where(member => !members.Contains(member)))
                yield return $"{header} :: {member}";
        }
    }

    private static string Header(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            return "delegate " + Signature(type.GetMethod("Invoke")!, Name(type));
        var kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var parent = type is { IsClass: true, BaseType: { } baseType } && baseType != typeof(object) ? $" : {Name(baseType)}" : "";
        return $"{kind} {Name(type)}{parent}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            yield break;
        if (type.IsEnum)
        {
            yield return string.Join(", ", Enum.GetNames(type).Select(name => $"{name}={Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}"));
            yield break;
        }
        const BindingFlags declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var constructor in type.GetConstructors(declared).Where(IsVisible))
            yield return $"{Access(constructor)}new({Parameters(constructor)})";
        foreach (var property in type.GetProperties(declared))
        {
            var getter = property.GetMethod is { } get && IsVisible(get) ? "get; " : "";
            var setter = property.SetMethod is { } set && IsVisible(set) ? "set; " : "";
            if (getter.Length + setter.Length == 0)
                continue;
            var accessor = property.GetMethod ?? property.SetMethod!;
            yield return $"{Access(accessor)}{(accessor.IsStatic ? "static " : "")}{Name(property.PropertyType)} {property.Name} {{ {getter}{setter}}}";
        }
        foreach (var field in type.GetFields(declared).Where(field => field.IsPublic || field.IsFamily))
            yield return $"{(field.IsFamily ? "protected " : "")}{(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}";
        foreach (var method in type.GetMethods(declared).Where(method => IsVisible(method) && !method.IsSpecialName))
        {
            var modifier = method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "";
            yield return Access(method) + modifier + Signature(method, method.Name + TypeArguments(method.GetGenericArguments()));
        }
    }

    // What a sealed type inherits as protected nobody can reach.
    private static bool IsVisible(MethodBase method) => method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed);

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Signature(MethodInfo method, string name) => $"{Name(method.ReturnType)} {name}({Parameters(method)})";

    private static string Parameters(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute), inherit: false) ? "this " : "";
        return extension + string.Join(", ", method.GetParameters().Select(parameter =>
        {
            var type = parameter.ParameterType;
            var direction = parameter.IsOut ? "out " : "";
            if (type.IsByRef)
                type = type.GetElementType()!;
            return $"{direction}{Name(type)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {Default(parameter)}" : "")}";
        }));
    }

    private static string Default(ParameterInfo parameter) => parameter.DefaultValue switch
    {
        null => "null",
        Enum value => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture).ToString(System.Globalization.CultureInfo.InvariantCulture),
        var value => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };

    private static string Name(Type type)
    {
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (type.IsGenericParameter)
            return type.Name;
        var shortName = type.FullName switch
        {
            "System.Void" => "void",
            "System.String" => "string",
            "System.Boolean" => "bool",
            "System.Int32" => "int",
            "System.Int64" => "long",
            "System.Object" => "object",
            _ => null,
        };
        if (shortName is not null)
            return shortName;
        var name = new StringBuilder();
        if (type.IsNested)
            name.Append(Plain(Name(type.DeclaringType!))).Append('.');
        else if (type.Namespace != "System.Threading.Tasks")
            name.Append(type.Namespace).Append('.');
        var ownName = type.Name;
        var tick = ownName.IndexOf('`', StringComparison.Ordinal);
        name.Append(tick < 0 ? ownName : ownName[..tick]);
        return name.Append(TypeArguments(type.GetGenericArguments())).ToString();

        static string Plain(string declaring) => declaring.Contains('<', StringComparison.Ordinal) ? declaring[..declaring.IndexOf('<', StringComparison.Ordinal)] : declaring;
    }

    private static string TypeArguments(Type[] arguments) =>
        arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(Name))}>";
}
