using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Identity.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class CustomerTier : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "Tier",
                table: "customers",
                type: "integer",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Tier",
                table: "customers");
        }
    }
}
