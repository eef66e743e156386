using System.Reflection;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Relais.Common.Data;

namespace Relais.Contract.Data;

/// <summary>
/// While a new version is rolled out the version before works on the new schema: migrations only add, unless they are
/// marked as the step that takes away.
/// </summary>
public sealed class MigrationSafety
{
    // Those before were made without it, and are never edited.
    private const string ConcurrentSince = "20261123120000";

    [Theory]
    [MemberData(nameof(DataSuite.Services), MemberType = typeof(DataSuite))]
    public void Migration_of_a_service_takes_nothing_away_from_the_version_before(string service)
    {
        using var db = TempDatabase.Create(service, "Postgres", null);
        var assembly = db.GetService<IMigrationsAssembly>();
        foreach (var (id, type) in assembly.Migrations)
        {
            if (type.GetCustomAttribute<ContractStepAttribute>() is not null)
                continue;
            var operations = assembly.CreateMigration(type, db.Database.ProviderName!).UpOperations;
            var problems = ProblemsOf(operations).ToList();
            if (string.CompareOrdinal(id, ConcurrentSince) > 0)
                problems.AddRange(HoldsUp(operations));
            Assert.True(problems.Count == 0, $"{service}: {id} {string.Join("; ", problems)}. See 'Changing the schema' in docs/operations.md.");
        }
    }

    [Fact]
    public void Additions_are_fine()
    {
        MigrationOperation[] fine =
        [
            new CreateTableOperation { Name = "new" },
            new CreateIndexOperation { Name = "ix", Table = "new", Columns = ["a"], IsUnique = true },
            new AddForeignKeyOperation { Name = "fk", Table = "new", Columns = ["a"], PrincipalTable = "old" },
            new AddColumnOperation { Name = "a", Table = "old", ClrType = typeof(string), IsNullable = true },
            new AddColumnOperation { Name = "b", Table = "old", ClrType = typeof(int), DefaultValue = 0 },
            new CreateIndexOperation { Name = "ix2", Table = "old", Columns = ["a"] },
            new DropIndexOperation { Name = "ix3", Table = "old" },
            new AlterTableOperation { Name = "old" },
            new AlterColumnOperation
            {
                Name = "c", Table = "old", ClrType = typeof(string), IsNullable = true, MaxLength = 200,
                OldColumn = new AddColumnOperation { ClrType = typeof(string), MaxLength = 100 },
            },
        ];
        Assert.Empty(ProblemsOf(fine));
    }

    [Fact]
    public void Index_on_an_existing_table_is_made_concurrently_and_alone()
    {
        var concurrent = new CreateIndexOperation { Name = "ix", Table = "old", Columns = ["a"] };
        concurrent.AddAnnotation("Npgsql:CreatedConcurrently", true);
        var blocking = new CreateIndexOperation { Name = "ix2", Table = "old", Columns = ["a"] };
        var column = new AddColumnOperation { Name = "b", Table = "old", ClrType = typeof(string), IsNullable = true };
        Assert.Empty(HoldsUp([concurrent]));
        Assert.Empty(HoldsUp([new CreateTableOperation { Name = "new" }, new CreateIndexOperation { Name = "ix3", Table = "new", Columns = ["a"] }]));
        Assert.Contains("ix2", Assert.Single(HoldsUp([blocking, column])), StringComparison.Ordinal);
        Assert.Contains("alone", Assert.Single(HoldsUp([concurrent, column])), StringComparison.Ordinal);
    }

    public static TheoryData<MigrationOperation> Destructive() =>
    [
        new DropTableOperation { Name = "old" },
        new RenameTableOperation { Name = "old", NewName = "new" },
        new DropColumnOperation { Name = "a", Table = "old" },
        new RenameColumnOperation { Name = "a", NewName = "b", Table = "old" },
        new AddColumnOperation { Name = "a", Table = "old", ClrType = typeof(int) },
        new AlterColumnOperation { Name = "a", Table = "old", ClrType = typeof(int), ColumnType = "bigint", OldColumn = new AddColumnOperation { ClrType = typeof(int), ColumnType = "integer" } },
        new AlterColumnOperation { Name = "a", Table = "old", ClrType = typeof(string), OldColumn = new AddColumnOperation { ClrType = typeof(string), IsNullable = true } },
        new AlterColumnOperation { Name = "a", Table = "old", ClrType = typeof(string), MaxLength = 10, OldColumn = new AddColumnOperation { ClrType = typeof(string), MaxLength = 20 } },
        new CreateIndexOperation { Name = "ix", Table = "old", Columns = ["a"], IsUnique = true },
        new AddCheckConstraintOperation { Name = "ck", Table = "old", Sql = "a > 0" },
        new AddForeignKeyOperation { Name = "fk", Table = "old", Columns = ["a"], PrincipalTable = "new" },
        new DropPrimaryKeyOperation { Name = "pk", Table = "old" },
        new SqlOperation { Sql = "DELETE FROM old" },
    ];

    [Theory]
    [MemberData(nameof(Destructive), DisableDiscoveryEnumeration = true)]
    public void Taking_away_is_refused(MigrationOperation operation) => Assert.Single(ProblemsOf([operation]));

    private static IEnumerable<string> ProblemsOf(IReadOnlyList<MigrationOperation> operations)
    {
        var added = operations.OfType<CreateTableOperation>().Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        return operations.Where(operation => operation is not ITableMigrationOperation on || !added.Contains(on.Table)).Select(ProblemOf).OfType<string>();
    }

    // What keeps the version before from writing for as long as it takes.
    private static IEnumerable<string> HoldsUp(IReadOnlyList<MigrationOperation> operations)
    {
        var added = operations.OfType<CreateTableOperation>().Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        var indexes = operations.OfType<CreateIndexOperation>().ToLookup(index => index["Npgsql:CreatedConcurrently"] is true);
        foreach (var index in indexes[false].Where(index => !added.Contains(index.Table)))
            yield return $"makes the index {index.Name} while nobody can write to {index.Table}: declare it IsCreatedConcurrently()";
        if (indexes[true].Any() && operations.Any(operation => operation is not CreateIndexOperation))
            yield return "makes an index concurrently, which no transaction takes back, so it must do that alone";
    }

    private static string? ProblemOf(MigrationOperation operation) => operation switch
    {
        CreateTableOperation or DropIndexOperation or DropForeignKeyOperation or DropCheckConstraintOperation or AlterDatabaseOperation
            or RenameIndexOperation or CreateSequenceOperation or EnsureSchemaOperation or AlterTableOperation => null,
        AddColumnOperation { IsNullable: true } or AddColumnOperation { DefaultValue: not null } or AddColumnOperation { DefaultValueSql: not null }
            or AddColumnOperation { ComputedColumnSql: not null } => null,
        AddColumnOperation column => $"adds {column.Table}.{column.Name}, which rows of the version before would lack: make it nullable or give it a default",
        CreateIndexOperation { IsUnique: false } => null,
        AlterColumnOperation column when Widens(column) => null,
        AlterColumnOperation column => $"changes {column.Table}.{column.Name} to what the version before does not know",
        ITableMigrationOperation on => $"takes away from {on.Table} or narrows it ({operation.GetType().Name})",
        _ => $"may take something away ({operation.GetType().Name})",
    };

    private static bool Widens(AlterColumnOperation column) =>
        column.ClrType == column.OldColumn.ClrType
        && column.ColumnType == column.OldColumn.ColumnType
        && (column.IsNullable || !column.OldColumn.IsNullable)
        && (column.MaxLength is null || column.MaxLength >= column.OldColumn.MaxLength);
}
