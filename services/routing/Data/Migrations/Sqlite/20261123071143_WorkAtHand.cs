using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Routing.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class WorkAtHand : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_work_items_TenantId_HolderId",
                table: "work_items");

            migrationBuilder.DropIndex(
                name: "IX_work_items_TenantId_State",
                table: "work_items");

            migrationBuilder.DropIndex(
                name: "IX_offers_ItemId",
                table: "offers");

            migrationBuilder.DropIndex(
                name: "IX_offers_TenantId_ExpertId_State",
                table: "offers");

            migrationBuilder.CreateIndex(
                name: "ix_work_items_held",
                table: "work_items",
                columns: new[] { "TenantId", "HolderId" },
                filter: "\"HolderId\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_work_items_open",
                table: "work_items",
                column: "TenantId",
                filter: "\"ClosedAt\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_offers_live",
                table: "offers",
                columns: new[] { "TenantId", "ExpertId" },
                filter: "\"LiveItemId\" IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_work_items_held",
                table: "work_items");

            migrationBuilder.DropIndex(
                name: "ix_work_items_open",
                table: "work_items");

            migrationBuilder.DropIndex(
                name: "ix_offers_live",
                table: "offers");

            migrationBuilder.CreateIndex(
                name: "IX_work_items_TenantId_HolderId",
                table: "work_items",
                columns: new[] { "TenantId", "HolderId" });

            migrationBuilder.CreateIndex(
                name: "IX_work_items_TenantId_State",
                table: "work_items",
                columns: new[] { "TenantId", "State" });

            migrationBuilder.CreateIndex(
                name: "IX_offers_ItemId",
                table: "offers",
                column: "ItemId");

            migrationBuilder.CreateIndex(
                name: "IX_offers_TenantId_ExpertId_State",
                table: "offers",
                columns: new[] { "TenantId", "ExpertId", "State" });
        }
    }
}
