using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Channels.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class SharedOutbox : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "Owner",
                table: "outbox",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "outbox_owners",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    AliveUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_outbox_owners", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_outbox_waiting_key",
                table: "outbox",
                columns: new[] { "Key", "Position" },
                filter: "\"DeliveredAt\" IS NULL AND \"DeadAt\" IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "outbox_owners");

            migrationBuilder.DropIndex(
                name: "ix_outbox_waiting_key",
                table: "outbox");

            migrationBuilder.DropColumn(
                name: "Owner",
                table: "outbox");
        }
    }
}
