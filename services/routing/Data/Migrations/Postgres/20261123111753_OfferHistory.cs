using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Routing.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class OfferHistory : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_offers_TenantId_OfferedAt",
                table: "offers",
                columns: new[] { "TenantId", "OfferedAt" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_offers_TenantId_OfferedAt",
                table: "offers");
        }
    }
}
