using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Relais.Common.Data;
using Relais.Identity.Domain;

namespace Relais.Identity.Data;

internal abstract class IdentityDb(DbContextOptions options) : ServiceDb(options)
{
    // SHA-256 in base64url has 43 characters.
    private const int HashLength = 64;

    public DbSet<Tenant> Tenants => Set<Tenant>();

    public DbSet<TenantHost> TenantHosts => Set<TenantHost>();

    public DbSet<StaffMember> Staff => Set<StaffMember>();

    public DbSet<StaffCredentials> Credentials => Set<StaffCredentials>();

    public DbSet<SignInAttempts> SignInAttempts => Set<SignInAttempts>();

    public DbSet<StaffSession> Sessions => Set<StaffSession>();

    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();

    public DbSet<MachineClient> Clients => Set<MachineClient>();

    public DbSet<Customer> Customers => Set<Customer>();

    public DbSet<CustomerContactPoint> ContactPoints => Set<CustomerContactPoint>();

    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    protected override void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Tenant>(tenant =>
        {
            tenant.ToTable("tenants");
            tenant.HasKey(row => row.TenantId);
            tenant.Property(row => row.DisplayName).HasMaxLength(200);
            tenant.Property(row => row.DefaultLocale).HasMaxLength(35);
            tenant.HasMany(row => row.Hosts).WithOne().HasForeignKey(host => host.TenantId);
        });
        modelBuilder.Entity<TenantHost>(host =>
        {
            host.ToTable("tenant_hosts");
            host.HasKey(row => row.Host);
            host.Property(row => row.Host).HasMaxLength(253);
        });
        modelBuilder.Entity<StaffMember>(staff =>
        {
            staff.ToTable("staff");
            staff.HasKey(row => row.Id);
            staff.Property(row => row.Email).HasMaxLength(EmailAddress.Longest);
            staff.Property(row => row.EmailKey).HasMaxLength(EmailAddress.Longest);
            staff.Property(row => row.DisplayName).HasMaxLength(200);
            staff.Property(row => row.Locale).HasMaxLength(35);
            staff.HasIndex(row => new { row.TenantId, row.EmailKey }).IsUnique();
            staff.HasIndex(row => new { row.TenantId, row.Id });
        });
        modelBuilder.Entity<StaffCredentials>(credentials =>
        {
            credentials.ToTable("staff_credentials");
            credentials.HasKey(row => row.StaffId);
            credentials.HasOne<StaffMember>().WithOne().HasForeignKey<StaffCredentials>(row => row.StaffId);
        });
        modelBuilder.Entity<SignInAttempts>(attempts =>
        {
            attempts.ToTable("sign_in_attempts");
            attempts.HasKey(row => new { row.TenantId, row.Account });
            attempts.Property(row => row.Account).HasMaxLength(HashLength);
            attempts.HasIndex(row => row.ForgetAt);
        });
        modelBuilder.Entity<StaffSession>(session =>
        {
            session.ToTable("staff_sessions");
            session.HasKey(row => row.Id);
            session.HasIndex(row => new { row.TenantId, row.StaffId });
            session.HasIndex(row => row.ExpiresAt);
        });
        modelBuilder.Entity<RefreshToken>(token =>
        {
            token.ToTable("refresh_tokens");
            token.HasKey(row => row.Hash);
            token.Property(row => row.Hash).HasMaxLength(HashLength);
            token.HasIndex(row => row.ExpiresAt).IsCreatedConcurrently();
            token.HasOne<StaffSession>().WithMany().HasForeignKey(row => row.SessionId);
        });
        modelBuilder.Entity<MachineClient>(client =>
        {
            client.ToTable("clients");
            client.HasKey(row => row.Id);
            client.Property(row => row.DisplayName).HasMaxLength(200);
            client.HasIndex(row => new { row.TenantId, row.Id });
        });
        modelBuilder.Entity<Customer>(customer =>
        {
            customer.ToTable("customers");
            customer.HasKey(row => row.Id);
            customer.Property(row => row.DisplayName).HasMaxLength(200);
            customer.Property(row => row.Locale).HasMaxLength(35);
            customer.HasIndex(row => new { row.TenantId, row.FirstConversationId }).IsUnique();
            customer.HasIndex(row => new { row.TenantId, row.Id });
            customer.HasMany(row => row.ContactPoints).WithOne().HasForeignKey(point => point.CustomerId);
        });
        modelBuilder.Entity<CustomerContactPoint>(point =>
        {
            point.ToTable("contact_points");
            point.HasKey(row => new { row.TenantId, row.Kind, row.Address });
            point.Property(row => row.Kind).HasMaxLength(32);
            point.Property(row => row.Address).HasMaxLength(ContactAddress.Longest);
        });
        modelBuilder.Entity<SigningKey>(key =>
        {
            key.ToTable("signing_keys");
            key.HasKey(row => new { row.TenantId, row.Generation });
            key.Property(row => row.KeyId).HasMaxLength(HashLength);
            key.Property(row => row.X).HasMaxLength(HashLength);
            key.Property(row => row.Y).HasMaxLength(HashLength);
        });
    }
}

internal sealed class SqliteIdentityDb(DbContextOptions<SqliteIdentityDb> options) : IdentityDb(options);

internal sealed class PostgresIdentityDb(DbContextOptions<PostgresIdentityDb> options) : IdentityDb(options);

internal sealed class IdentityDbDesign : IDesignTimeDbContextFactory<SqliteIdentityDb>, IDesignTimeDbContextFactory<PostgresIdentityDb>
{
    SqliteIdentityDb IDesignTimeDbContextFactory<SqliteIdentityDb>.CreateDbContext(string[] args) => new(DesignTime.Sqlite<SqliteIdentityDb>());

    PostgresIdentityDb IDesignTimeDbContextFactory<PostgresIdentityDb>.CreateDbContext(string[] args) => new(DesignTime.Postgres<PostgresIdentityDb>());
}
