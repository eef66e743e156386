using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Channels.Data.Migrations.Sqlite
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

            migrationBuilder.CreateIndex(
                name: "ix_outbox_delivered",
                table: "outbox",
                column: "DeliveredAt",
                filter: "\"DeliveredAt\" IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_outbox_delivered",
                table: "outbox");

            migrationBuilder.CreateIndex(
                name: "IX_outbox_DeliveredAt",
                table: "outbox",
                column: "DeliveredAt");
        }
    }
}
