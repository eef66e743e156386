using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Relais.Contract.Data;

/// <summary>Makes a row of any entity, with something in every column that must not be null.</summary>
internal static class Rows
{
    public static object Make(IEntityType type)
    {
        var row = Construct(type.ClrType);
        foreach (var property in type.GetProperties())
        {
            if (property.PropertyInfo is not { CanWrite: true } info || property.Name == "TenantId" || IsGenerated(property))
                continue;
            if (info.GetValue(row) is null or "" or 0 || property.IsPrimaryKey() || property.IsForeignKey())
                info.SetValue(row, Value(property, info.PropertyType));
        }

        return row;
    }

    private static object Construct(Type type) =>
        type.GetConstructor(Type.EmptyTypes) is { } constructor ? constructor.Invoke(null) : RuntimeHelpers.GetUninitializedObject(type);

    private static bool IsGenerated(IProperty property) => property.ValueGenerated == ValueGenerated.OnAdd && property.ClrType == typeof(long);

    private static object? Value(IProperty property, Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(string))
            return Guid.NewGuid().ToString()[..Math.Min(36, property.GetMaxLength() ?? 36)];
        if (bare == typeof(Guid))
            return Guid.CreateVersion7();
        if (bare == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch.AddDays(1);
        if (bare == typeof(byte[]))
            return new byte[] { 1 };
        if (bare == typeof(bool))
            return true;
        if (bare.IsEnum)
            return Enum.GetValues(bare).GetValue(0);
        if (bare.IsPrimitive || bare == typeof(decimal))
            return Convert.ChangeType(1, bare, System.Globalization.CultureInfo.InvariantCulture);
        if (bare.IsArray)
            return Array.CreateInstance(bare.GetElementType()!, 0);
        if (bare.IsGenericType && bare.GetGenericTypeDefinition() is var open)
        {
            if (open == typeof(List<>) || open == typeof(IReadOnlyList<>) || open == typeof(IList<>) || open == typeof(ICollection<>) || open == typeof(IEnumerable<>))
                return Activator.CreateInstance(typeof(List<>).MakeGenericType(bare.GetGenericArguments()));
        }

        return property.IsNullable ? null : RuntimeHelpers.GetUninitializedObject(bare);
    }
}
