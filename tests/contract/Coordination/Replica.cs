using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;

namespace Relais.Contract.Coordination;

/// <summary>A replica of a service with leases and one table, for tests of what replicas agree on.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private const string Tenant = "acme";

    private readonly TargetHost host;

    private Replica(TargetHost host) => this.host = host;

    public ISignals Signals => host.Services.GetRequiredService<ISignals>();

    public LongPoll LongPoll => host.Services.GetRequiredService<LongPoll>();

    public IRateWindow Rates => host.Services.GetRequiredService<IRateWindow>();

    public ISharedCache Cache => host.Services.GetRequiredService<ISharedCache>();

    public Leases<MarksDb> Leases => host.Services.GetRequiredService<Leases<MarksDb>>();

    /// <summary>Whether Redis answers; true where there is none.</summary>
    public bool IsLinked => host.Services.GetService<RedisLink>()?.IsUp ?? true;

    public static async Task<Replica> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Platform:ServiceSecret"] = new('s', 32),
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
            })
            .AddInMemoryCollection(settings)
            .Build();
        var problems = new List<(string Target, string Problem)>();
        var transport = new LocalDispatcher();
        var host = TargetHost.Build(new MarksTarget(), [], configuration, transport, problems);
        Assert.Empty(problems);
        await host!.StartAsync(TestContext.Current.CancellationToken);
        transport.Open();
        return new Replica(host);
    }

    public MarksDb OpenDb()
    {
        var db = host.Services.CreateUnscoped<MarksDb>();
        db.TenantId = Tenant;
        return db;
    }

    /// <summary>Writes a mark under the lease.</summary>
    /// <param name="before">Runs in the transaction, after the guard.</param>
    public Task WriteAsync(Lease lease, string text, Func<Task>? before = null) => WriteAsync(async db =>
    {
        await Leases.GuardAsync(db, lease, TestContext.Current.CancellationToken);
        if (before is not null)
            await before();
        db.Marks.Add(new Mark { Token = lease.Token, Text = text });
    });

    /// <summary>Runs a unit of work.</summary>
    public async Task WriteAsync(Func<MarksDb, Task> work)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<MarksDb>();
        db.TenantId = Tenant;
        await scope.ServiceProvider.GetRequiredService<UnitOfWork<MarksDb>>().WriteAsync<bool>(async _ =>
        {
            await work(db);
            return true;
        }, TestContext.Current.CancellationToken);
    }

    /// <summary>Runs a unit of work for a request with an id.</summary>
    public async Task<Outcome<TResponse>> OnceAsync<TResponse>(string requestId, IMessage request, Func<Task<Outcome<TResponse>>> work)
        where TResponse : class, IMessage<TResponse>, new()
    {
        await using var scope = host.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(Tenant, "marks");
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork<MarksDb>>().OnceAsync(requestId, request, _ => work(), TestContext.Current.CancellationToken);
    }

    /// <summary>Ends it without a word, as a crash does: what it holds is not given back.</summary>
    public void Abandon() => Leases.Dispose();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
    }

    private sealed class MarksTarget : ServiceTarget
    {
        public override string Name => "marks";

        public override void Configure(WebApplicationBuilder builder)
        {
            builder.AddServiceDatabase<MarksDb, SqliteMarksDb, PostgresMarksDb>(Name);
            builder.AddLeases<MarksDb>();
        }

        public override void Map(WebApplication app)
        {
        }

        // There are no migrations of it; the first replica makes the tables.
        public override async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
        {
            await using var db = services.CreateUnscoped<MarksDb>();
            var creator = db.GetService<IRelationalDatabaseCreator>();
            if (!await creator.ExistsAsync(cancellationToken))
                await creator.CreateAsync(cancellationToken);
            if (!await creator.HasTablesAsync(cancellationToken))
                await creator.CreateTablesAsync(cancellationToken);
        }
    }
}

internal sealed class Mark : ITenantOwned
{
    public long Id { get; init; }

    public string TenantId { get; set; } = "";

    public required long Token { get; init; }

    public required string Text { get; init; }
}

internal abstract class MarksDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<Mark> Marks => Set<Mark>();

    protected override void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Mark>().ToTable("marks");
        LeaseRow.Configure(modelBuilder);
    }
}

internal sealed class SqliteMarksDb(DbContextOptions<SqliteMarksDb> options) : MarksDb(options);

internal sealed class PostgresMarksDb(DbContextOptions<PostgresMarksDb> options) : MarksDb(options);
