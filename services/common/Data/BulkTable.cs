using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace Relais.Common.Data;

/// <summary>The statements of <see cref="BulkTransaction{TDb}"/> for a table, made from its model: a column travels as an array.</summary>
internal sealed class BulkTable
{
    private static readonly ConcurrentDictionary<IEntityType, BulkTable> Known = new();

    private readonly string name;
    private readonly ConcurrentDictionary<string, string> statements = new(StringComparer.Ordinal);
    private readonly IEntityType type;
    private readonly Column key;
    private readonly Column tenant;

    private BulkTable(IEntityType type)
    {
        this.type = type;
        name = $"\"{type.GetTableName()}\"";
        Columns = [.. type.GetProperties().Where(property => (property.ValueGenerated & ValueGenerated.OnAdd) == 0 || property.ClrType != typeof(long)).Select(property => new Column(property))];
        key = new Column(type.FindPrimaryKey()!.Properties[0]);
        tenant = new Column(type.FindProperty(nameof(ITenantOwned.TenantId))!);
    }

    /// <summary>All but those that the database itself fills.</summary>
    public IReadOnlyList<Column> Columns { get; }

    public static BulkTable Of(DbContext db, Type row) => Known.GetOrAdd(
        db.Model.FindEntityType(row) ?? throw new InvalidOperationException($"{row.Name} is no table of {db.GetType().Name}."), static type => new BulkTable(type));

    /// <summary>
    /// What an update of these properties needs of each row. Its tenant too: as one value for all it could be what the planner
    /// looks rows up by, and then all rows of the tenant are read.
    /// </summary>
    public IReadOnlyList<Column> GivenFor(IReadOnlyList<string> properties) =>
        [key, tenant, .. properties.Select(property => new Column(type.FindProperty(property)!))];

    public void Set(object row, string property, object value) => type.FindProperty(property)!.PropertyInfo!.SetValue(row, value);

    /// <param name="returning">What to give back, row by row in their order.</param>
    public string Insert(string? returning = null) => statements.GetOrAdd("insert", _ =>
    {
        var names = string.Join(", ", Columns.Select(column => column.Name));
        var sql = $"INSERT INTO {name} ({names}) SELECT {names} FROM unnest({Arrays(Columns)}) WITH ORDINALITY AS given({names}, ordinal) ORDER BY ordinal";
        return returning is null ? sql : $"{sql} RETURNING {returning}";
    });

    /// <param name="given">As <see cref="GivenFor"/> gives them.</param>
    public string Update(IReadOnlyList<string> properties, IReadOnlyList<Column> given) => statements.GetOrAdd(string.Join(',', properties), _ =>
    {
        var sets = string.Join(", ", given.Skip(2).Select(column => $"{column.Name} = given.{column.Name}").Append("\"Revision\" = stored.\"Revision\" + 1"));
        return $"UPDATE {name} AS stored SET {sets} FROM unnest({Arrays(given)}) AS given({string.Join(", ", given.Select(column => column.Name))}) "
            + $"WHERE stored.{key.Name} = given.{key.Name} AND stored.{tenant.Name} = given.{tenant.Name}";
    });

    public static IReadOnlyList<NpgsqlParameter> Arrays<TRow>(IReadOnlyCollection<TRow> rows, IReadOnlyList<Column> columns) where TRow : class =>
        [.. columns.Select(column => column.ArrayOf(rows))];

    private static string Arrays(IReadOnlyList<Column> columns) =>
        string.Join(", ", columns.Select((column, position) => $"${position + 1}::{column.StoreType}[]"));

    internal sealed class Column
    {
        private readonly IProperty property;
        private readonly Func<object?, object?>? convert;
        private readonly Type element;

        public Column(IProperty property)
        {
            this.property = property;
            Name = $"\"{property.GetColumnName()}\"";
            var converter = property.GetTypeMapping().Converter;
            convert = converter?.ConvertToProvider;
            element = converter?.ProviderClrType ?? property.ClrType;
            if (property.IsNullable && element.IsValueType && Nullable.GetUnderlyingType(element) is null)
                element = typeof(Nullable<>).MakeGenericType(element);
            var stored = property.GetColumnType();
            // An array of varchar(n) would cut off silently what is too long; text is refused by the column.
            StoreType = stored.StartsWith("character varying", StringComparison.Ordinal) ? "text" : stored;
        }

        public string Name { get; }

        public string StoreType { get; }

        public NpgsqlParameter ArrayOf<TRow>(IReadOnlyCollection<TRow> rows) where TRow : class
        {
            var values = Array.CreateInstance(element, rows.Count);
            var position = 0;
            foreach (var row in rows)
            {
                var value = property.PropertyInfo!.GetValue(row);
                values.SetValue(value is null || convert is null ? value : convert(value), position++);
            }

            return new NpgsqlParameter
            {
                Value = values,
                NpgsqlDbType = NpgsqlDbType.Array | StoreType switch
                {
                    "uuid" => NpgsqlDbType.Uuid,
                    "text" => NpgsqlDbType.Text,
                    "integer" => NpgsqlDbType.Integer,
                    "bigint" => NpgsqlDbType.Bigint,
                    "boolean" => NpgsqlDbType.Boolean,
                    "double precision" => NpgsqlDbType.Double,
                    "bytea" => NpgsqlDbType.Bytea,
                    "timestamp with time zone" => NpgsqlDbType.TimestampTz,
                    _ => throw new NotSupportedException($"{Name} is {StoreType}, which has no array here."),
                },
            };
        }
    }
}
