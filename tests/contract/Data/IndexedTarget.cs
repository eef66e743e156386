using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Relais.Common.Data;
using Relais.Common.Hosting;

namespace Relais.Contract.Data;

/// <summary>A target whose one migration makes an index on a table that is there already.</summary>
internal sealed class IndexedTarget : ServiceTarget
{
    public override string Name => "indexed";

    public override void Configure(WebApplicationBuilder builder) => builder.AddServiceDatabase<IndexedDb, SqliteIndexedDb, PostgresIndexedDb>(Name);

    public override void Map(WebApplication app)
    {
    }
}

internal abstract class IndexedDb(DbContextOptions options) : ServiceDb(options)
{
    protected override void Configure(ModelBuilder modelBuilder)
    {
    }
}

internal sealed class SqliteIndexedDb(DbContextOptions<SqliteIndexedDb> options) : IndexedDb(options);

internal sealed class PostgresIndexedDb(DbContextOptions<PostgresIndexedDb> options) : IndexedDb(options);

[DbContext(typeof(PostgresIndexedDb))]
[Migration("20260101000000_IndexThings")]
internal sealed class IndexThings : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.CreateIndex("ix_things", "things", "Id").Annotation("Npgsql:CreatedConcurrently", true);
}
