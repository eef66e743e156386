using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Channels.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class CustomerTier : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "CustomerTier",
                table: "conversations",
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
                table: "conversations");
        }
    }
}
