using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Surveys.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class OutboxByKey : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_outbox_DeliveredAt",
                table: "outbox");

            migrationBuilder.DropIndex(
                name: "ix_outbox_waiting_key",
                table: "outbox");

            migrationBuilder.CreateIndex(
                name: "ix_outbox_delivered",
                table: "outbox",
                column: "DeliveredAt",
                filter: "\"DeliveredAt\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_outbox_key",
                table: "outbox",
                columns: new[] { "Key", "Position" },
                filter: "\"DeliveredAt\" IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_outbox_delivered",
                table: "outbox");

            migrationBuilder.DropIndex(
                name: "ix_outbox_key",
                table: "outbox");

            migrationBuilder.CreateIndex(
                name: "IX_outbox_DeliveredAt",
                table: "outbox",
                column: "DeliveredAt");

            migrationBuilder.CreateIndex(
                name: "ix_outbox_waiting_key",
                table: "outbox",
                columns: new[] { "Key", "Position" },
                filter: "\"DeliveredAt\" IS NULL AND \"DeadAt\" IS NULL");
        }
    }
}
