using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Tickets.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class CustomerTier : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "CustomerTier",
                table: "tickets",
                type: "TEXT",
                maxLength: 20,
                nullable: false,
                defaultValue: "");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "CustomerTier",
                table: "tickets");
        }
    }
}
