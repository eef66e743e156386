using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Relais.Common.Data;
using Relais.Contract.Hosting;

namespace Relais.Contract.Data;

/// <summary>Every service's database: its migrations match its model, and no tenant sees or changes another's rows.</summary>
public sealed class DataSuite
{
    private static readonly string[] Names = ["Identity", "Knowledge", "Channels", "Tickets", "Routing", "Surveys"];

    public static TheoryData<string> Services() => [.. Names];

    public static TheoryData<string, string> Contexts()
    {
        var data = new TheoryData<string, string>();
        foreach (var service in Names)
        {
            data.Add(service, "Sqlite");
            data.Add(service, "Postgres");
        }

        return data;
    }

    public static TheoryData<string, string, string> Entities()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var service in Names)
        {
            using var db = Design(service, "Sqlite");
            foreach (var entity in Roots(db))
            {
                data.Add(service, "Sqlite", entity.ClrType.Name);
                data.Add(service, "Postgres", entity.ClrType.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Contexts))]
    public void Model_of_a_service_has_no_change_without_a_migration(string service, string provider)
    {
        using var db = Design(service, provider);
        Assert.NotEmpty(db.Database.GetMigrations());
        Assert.False(db.Database.HasPendingModelChanges(), $"The model of {service} changed: services/add-migration {service} NAME");
    }

    [Fact]
    public void Migrations_of_both_providers_have_the_same_names()
    {
        foreach (var service in Names)
        {
            static IEnumerable<string> Names(ServiceDb db) => db.Database.GetMigrations().Select(id => id[(id.IndexOf('_', StringComparison.Ordinal) + 1)..]);
            using var sqlite = Design(service, "Sqlite");
            using var postgres = Design(service, "Postgres");
            Assert.Equal(Names(sqlite), Names(postgres));
        }
    }

    [Theory]
    [MemberData(nameof(Entities))]
    public async Task Row_of_another_tenant_is_neither_seen_nor_written(string service, string provider, string entity)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var files = provider == "Sqlite" ? TempDatabase.InFile(service) : await TempDatabase.OnServerAsync(service);
        var type = Roots(files.Db).Single(root => root.ClrType.Name == entity);
        files.Db.TenantId = "mine";
        if (provider == "Sqlite")
            await files.Db.Database.MigrateAsync(stop);
        var row = Rows.Make(type);
        files.Db.Add(row);
        await files.Db.SaveChangesAsync(stop);
        Assert.Equal("mine", ((ITenantOwned)row).TenantId);
        files.Db.ChangeTracker.Clear();
        Assert.Equal(1, await CountAsync(files.Db, type, stop));

        files.Db.TenantId = "theirs";
        Assert.Equal(0, await CountAsync(files.Db, type, stop));
        files.Db.Attach(row);
        files.Db.Entry(row).State = EntityState.Modified;
        await Assert.ThrowsAsync<InvalidOperationException>(() => files.Db.SaveChangesAsync(stop));
        files.Db.ChangeTracker.Clear();
        files.Db.Remove(row);
        await Assert.ThrowsAsync<InvalidOperationException>(() => files.Db.SaveChangesAsync(stop));
        files.Db.ChangeTracker.Clear();

        files.Db.TenantId = null;
        Assert.Equal(0, await CountAsync(files.Db, type, stop));
    }

    private static IEnumerable<IEntityType> Roots(DbContext db) => db.Model.GetEntityTypes()
        .Where(entity => !entity.IsOwned() && !entity.ClrType.IsAssignableTo(typeof(ITenantless)));

    private static Task<int> CountAsync(ServiceDb db, IEntityType type, CancellationToken stop) => (Task<int>)typeof(DataSuite)
        .GetMethod(nameof(CountRowsAsync), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type.ClrType).Invoke(null, [db, stop])!;

    private static Task<int> CountRowsAsync<TEntity>(ServiceDb db, CancellationToken stop) where TEntity : class => db.Set<TEntity>().CountAsync(stop);

    private static ServiceDb Design(string service, string provider) => TempDatabase.Create(service, provider, null);
}

/// <summary>A service's database of the test's own; foreign keys do not count, so that a row can be made alone.</summary>
internal sealed class TempDatabase : IAsyncDisposable
{
    // One for all entities of a service: each test has a table to itself.
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> OnServer = new(StringComparer.Ordinal);

    private readonly string? file;

    private TempDatabase(ServiceDb db, string? file) => (Db, this.file) = (db, file);

    public static TempDatabase InFile(string service)
    {
        var file = Path.Combine(Path.GetTempPath(), $"relais-data-{Guid.NewGuid():N}.db");
        return new(Create(service, "Sqlite", $"Data Source={file};Pooling=False;Foreign Keys=False"), file);
    }

    public static async Task<TempDatabase> OnServerAsync(string service)
    {
        var connection = await OnServer.GetOrAdd(service, name => new(() => Postgres.NewDatabaseAsync(name.ToLowerInvariant()))).Value;
        return new(Create(service, "Postgres", new NpgsqlConnectionStringBuilder(connection) { Options = "-c session_replication_role=replica", Pooling = false }.ToString()), null);
    }

    public ServiceDb Db { get; }

    public static ServiceDb Create(string service, string provider, string? connection)
    {
        var type = Assembly.Load("Relais." + service).GetType($"Relais.{service}.Data.{provider}{service}Db", throwOnError: true)!;
        var builder = (DbContextOptionsBuilder)Activator.CreateInstance(typeof(DbContextOptionsBuilder<>).MakeGenericType(type))!;
        if (provider == "Sqlite")
            builder.UseSqlite(connection ?? "Data Source=design-time.db");
        else
            builder.UseNpgsql(connection ?? "Host=design-time");
        return (ServiceDb)Activator.CreateInstance(type, builder.Options)!;
    }

    public async ValueTask DisposeAsync()
    {
        await Db.DisposeAsync();
        if (file is null)
            return;
        foreach (var path in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(file) + "*"))
            File.Delete(path);
    }
}
