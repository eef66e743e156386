using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Hosting;
using Relais.Contracts.Identity.V1;
using Relais.Identity;
using Relais.Identity.Data;
using IdentityClient = Relais.Contracts.Identity.V1.Identity.IdentityClient;

namespace Relais.Contract.Identity;

/// <summary>Identity as it runs, over gRPC on a port of its own, with a SQLite file in a folder of its own.</summary>
internal sealed class IdentityPlatform : IAsyncDisposable
{
    public const string TenantId = "acme";
    public const string AdministratorEmail = "Ada.Admin@Acme.example";
    public const string Password = "correct horse battery";
    public static readonly string ServiceSecret = new('s', 32);

    private readonly string folder;
    private readonly Dictionary<string, string?> settings;
    private TargetHost? host;
    private GrpcChannel? channel;

    private IdentityPlatform(string folder, Dictionary<string, string?> settings)
    {
        this.folder = folder;
        this.settings = settings;
    }

    public ManualClock Clock { get; } = new();

    public LogLines Log { get; } = new();

    public IServiceProvider Services => host!.Services;

    public Uri Address => host!.GrpcAddress;

    public IdentityClient Client => new(channel!);

    /// <param name="provider">Sqlite or Postgres.</param>
    public static async Task<IdentityPlatform> StartOnAsync(string provider) => provider == "Sqlite"
        ? await StartAsync()
        : await StartAsync(("ConnectionStrings:identity", await Postgres.NewDatabaseAsync("identity")));

    public static async Task<IdentityPlatform> StartAsync(params (string Key, string Value)[] more)
    {
        var folder = Directory.CreateTempSubdirectory("relais-identity-").FullName;
        var platform = new IdentityPlatform(folder, new()
        {
            ["Identity:MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Identity:PasswordIterations"] = "10000",
            ["Identity:Bootstrap:Tenant"] = TenantId,
            ["Identity:Bootstrap:DisplayName"] = "Ada Admin",
            ["Identity:Bootstrap:Email"] = AdministratorEmail,
            ["Identity:Bootstrap:Password"] = Password,
            ["Platform:ServiceSecret"] = ServiceSecret,
            ["ConnectionStrings:identity"] = $"Data Source={Path.Combine(folder, "identity.db")}",
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:Console:LogLevel:Default"] = "None",
        });
        foreach (var (key, value) in more)
            platform.settings[key] = value;
        await platform.StartAsync();
        return platform;
    }

    public async Task RestartAsync(params (string Key, string Value)[] changed)
    {
        await StopAsync();
        foreach (var (key, value) in changed)
            settings[key] = value;
        await StartAsync();
    }

    /// <summary>The headers of a call with a token.</summary>
    public static Metadata With(string token, string? tenant = null)
    {
        var headers = new Metadata { { "authorization", "Bearer " + token } };
        if (tenant is not null)
            headers.Add("relais-tenant", tenant);
        return headers;
    }

    public async Task<Session> SignInAsync(string email = AdministratorEmail, string password = Password, string totp = "", string tenant = TenantId) =>
        await Client.CreateSessionAsync(new CreateSessionRequest { Tenant = tenant, Email = email, Password = password, Totp = totp });

    /// <summary>The headers of the first administrator.</summary>
    public async Task<Metadata> AdministratorAsync() => With((await SignInAsync()).AccessToken);

    /// <summary>The headers of a service that works for a tenant.</summary>
    public async Task<Metadata> ServiceAsync(string tenant = TenantId) => With((await Client.IssueClientTokenAsync(
        new IssueClientTokenRequest { ClientId = "service:channels", ClientSecret = ServiceSecret })).AccessToken, tenant);

    /// <summary>Adds a member of staff with the usual password.</summary>
    public async Task<StaffMember> AddStaffAsync(string email, params string[] roles)
    {
        var request = new CreateStaffMemberRequest { Email = email, DisplayName = email.Split('@')[0], Password = Password };
        request.Roles.AddRange(roles);
        return await Client.CreateStaffMemberAsync(request, await AdministratorAsync());
    }

    /// <summary>Adds a tenant whose administrator is <c>root@{id}.example</c> with the usual password.</summary>
    public async Task<Tenant> AddTenantAsync(string id, params string[] hosts)
    {
        var request = new CreateTenantRequest
        {
            Id = id,
            DisplayName = id,
            DefaultLocale = "en",
            AdministratorEmail = $"root@{id}.example",
            AdministratorPassword = Password,
        };
        request.Hosts.AddRange(hosts);
        return await Client.CreateTenantAsync(request, await AdministratorAsync());
    }

    /// <summary>The status and stable code with which a call is refused.</summary>
    public static async Task<(StatusCode Status, string? Code)> RefusalAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        return (exception.StatusCode, FailureStatus.CodeOf(exception));
    }

    /// <summary>The database behind it, at the usual tenant's rows.</summary>
    public IdentityDb OpenDb(string tenant = TenantId)
    {
        var db = Services.GetRequiredService<Func<IdentityDb>>()();
        db.TenantId = tenant;
        return db;
    }

    /// <summary>All that the database's files hold, its log included.</summary>
    public byte[] DatabaseBytes()
    {
        while (true)
        {
            try
            {
                return [.. Directory.GetFiles(folder).SelectMany(ReadShared)];
            }
            catch (FileNotFoundException)
            {
                // The last connection was closed just then, and the log went into the database: all of it is read again.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private async Task StartAsync()
    {
        var problems = new List<(string Target, string Problem)>();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings)
            .Build();
        host = TargetHost.Build(new Clocked(new IdentityTarget(), Clock, Log), [], configuration, new LocalDispatcher(), problems);
        Assert.Empty(problems);
        await host!.StartAsync(TestContext.Current.CancellationToken);
        channel = GrpcChannel.ForAddress(host.GrpcAddress);
    }

    private async Task StopAsync()
    {
        channel?.Dispose();
        if (host is null)
            return;
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private sealed class Clocked(ServiceTarget target, TimeProvider clock, ILoggerProvider log) : ServiceTarget
    {
        public override string Name => target.Name;

        public override void Configure(WebApplicationBuilder builder)
        {
            builder.Services.AddSingleton(clock);
            builder.Logging.AddProvider(log);
            target.Configure(builder);
        }

        public override void Map(WebApplication app) => target.Map(app);

        public override Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => target.PrepareAsync(services, cancellationToken);
    }
}
