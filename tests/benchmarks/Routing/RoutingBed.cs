using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Relais.AppHost.Local;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Identity;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Tickets;
using Relais.Routing;
using Proto = Relais.Contracts.Routing.V1.Routing;

namespace Relais.Benchmarks.Routing;

/// <summary>Routing on a PostgreSQL of its own that is as durable as it comes (fsync), with experts, and somebody who plays the others.</summary>
internal sealed class RoutingBed : IAsyncDisposable
{
    public const string Tenant = "bench";

    private readonly Signer signer = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<object>> awaited = new(StringComparer.Ordinal);
    private TargetHost? host;
    private GrpcChannel? channel;

    public string Folder { get; } = Directory.CreateTempSubdirectory("relais-bench-").FullName;

    public PostgresServer Postgres { get; private set; } = null!;

    public string Connection { get; private set; } = "";

    public async Task PrepareAsync()
    {
        Postgres = await PostgresServer.StartAsync(Folder, new Dictionary<string, string> { ["max_wal_size"] = "4GB", ["shared_buffers"] = "256MB" });
        Connection = Postgres.ConnectionTo("relais_routing");
        var problems = new List<(string, string)>();
        await TargetMigration.RunAsync(new RoutingTarget(), [], new ConfigurationBuilder().AddInMemoryCollection(Settings()).Build(), problems, CancellationToken.None);
    }

    public Dictionary<string, string?> Settings() => new()
    {
        ["ConnectionStrings:routing"] = Connection,
        ["Platform:ServiceSecret"] = new('s', 32),
        ["Logging:LogLevel:Default"] = "Error",
        ["Routing:AssignmentWait"] = "00:00:00",
        ["Routing:OfferTimeout"] = "00:10:00",
    };

    /// <summary>Starts routing in this process.</summary>
    public async Task StartAsync()
    {
        var transport = new LocalDispatcher();
        transport.Subscribe(new Subscription("bench/offers", Contracts.Routing.OfferMade.WireName, (envelope, _) =>
        {
            var made = (Contracts.Routing.OfferMade)EventCatalogue.Deserialize(envelope.Name, envelope.Payload);
            Awaited(made.TicketId).TrySetResult(made);
            return Task.CompletedTask;
        }));
        var problems = new List<(string Target, string Problem)>();
        host = TargetHost.Build(new Signed(signer), [], new ConfigurationBuilder().AddInMemoryCollection(Settings()).Build(), transport, problems)
            ?? throw new InvalidOperationException(string.Join("; ", problems));
        await host.StartAsync(CancellationToken.None);
        transport.Open();
        channel = GrpcChannel.ForAddress(host.GrpcAddress);
    }

    public Task DeliverAsync<TEvent>(TEvent @event) where TEvent : IEvent => host!.Services.GetRequiredService<IEventTransport>().PublishAsync(
        new EventEnvelope(Guid.CreateVersion7(), TEvent.WireName, Tenant, @event.Key, EventCatalogue.Serialize(@event), null, DateTimeOffset.UtcNow), CancellationToken.None);

    /// <summary>The offer of a ticket, as the event tells of it.</summary>
    public async Task<Contracts.Routing.OfferMade> OfferOfAsync(Guid ticket)
    {
        var offer = (Contracts.Routing.OfferMade)await Awaited(ticket).Task;
        awaited.TryRemove(ticket.ToString(), out _);
        return offer;
    }

    public Proto.RoutingClient As(Guid expert, string role) =>
        new(channel!.CreateCallInvoker().Intercept(headers => Authorized(headers, signer.TokenOf(expert, role))));

    public async Task AddExpertAsync(Guid id, string name, double capacity, IEnumerable<(string Skill, int Level)> skills)
    {
        await DeliverAsync(new StaffMemberAdded(id, $"{id}@example.org", name, "fr", [Roles.Expert]));
        var manager = As(Guid.NewGuid(), Roles.Supervisor);
        var request = new SetSkillsRequest { Id = id.ToString() };
        request.Skills.AddRange(skills.Select(skill => new SkillLevel { Skill = skill.Skill, Level = skill.Level }));
        await manager.SetSkillsAsync(request);
        var profile = new SetProfileRequest { Id = id.ToString(), Capacity = capacity, TimeZone = "Europe/Paris" };
        profile.Languages.Add(new Contracts.Types.V1.LanguageLevel { Language = "fr", Level = 5 });
        await manager.SetProfileAsync(profile);
    }

    public static TicketOpened Opened(Guid id, string skill, DateTimeOffset at) => new(
        id, "T-1", Guid.NewGuid(), Guid.NewGuid(), "web_chat", "fr-FR", "Ma facture", skill, "NORMAL", [new RequiredSkill(skill, 2)], at, at.AddMinutes(5));

    public static TicketResolved Resolved(Guid ticket, Guid expert) =>
        new(ticket, "T-1", Guid.NewGuid(), expert, "web_chat", "fr-FR", 1, false, DateTimeOffset.UtcNow);

    public async ValueTask DisposeAsync()
    {
        channel?.Dispose();
        if (host is not null)
        {
            await host.StopAsync(CancellationToken.None);
            await host.DisposeAsync();
        }

        Npgsql.NpgsqlConnection.ClearAllPools();
        await Postgres.DisposeAsync();
        signer.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private TaskCompletionSource<object> Awaited(Guid ticket) =>
        awaited.GetOrAdd(ticket.ToString(), _ => new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously));

    private static Metadata Authorized(Metadata headers, string token)
    {
        headers.Add("authorization", "Bearer " + token);
        return headers;
    }

    private sealed class Signed(Signer signer) : ServiceTarget
    {
        private readonly RoutingTarget routing = new();

        public override string Name => routing.Name;

        public override void Configure(WebApplicationBuilder builder)
        {
            builder.Services.AddSingleton<IVerificationKeys>(signer);
            builder.Services.AddSingleton<IServiceToken>(signer);
            builder.Services.AddSingleton<ITenantDirectory>(signer);
            routing.Configure(builder);
        }

        public override void Map(WebApplication app) => routing.Map(app);

        public override Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => routing.PrepareAsync(services, cancellationToken);
    }

    // Signs as identity would.
    private sealed class Signer : IVerificationKeys, IServiceToken, ITenantDirectory, IDisposable
    {
        private readonly ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly ConcurrentDictionary<(Guid, string), string> tokens = new();

        public ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<SecurityKey>>([new ECDsaSecurityKey(curve) { KeyId = "bench" }]);

        public ValueTask<string> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Sign("", "service", Guid.Empty, Roles.Service));

        public ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(Tenant);

        public ValueTask<bool> IsOperatorAsync(string tenantId, CancellationToken cancellationToken) => ValueTask.FromResult(tenantId == Tenant);

        public string TokenOf(Guid id, string role) => tokens.GetOrAdd((id, role), key => Sign(Tenant, "staff", key.Item1, key.Item2));

        public void Dispose() => curve.Dispose();

        private string Sign(string tenant, string kind, Guid subject, string role) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = TokenClaims.Platform,
            Audience = TokenClaims.Platform,
            Expires = DateTime.UtcNow.AddHours(1),
            Claims = new Dictionary<string, object>
            {
                [TokenClaims.Kind] = kind, [TokenClaims.Tenant] = tenant, [JwtRegisteredClaimNames.Sub] = subject.ToString(),
                [TokenClaims.Roles] = role, [TokenClaims.Name] = "Bench",
            },
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(curve) { KeyId = "bench" }, SecurityAlgorithms.EcdsaSha256),
        });
    }
}
