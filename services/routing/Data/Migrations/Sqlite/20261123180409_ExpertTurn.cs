using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Routing.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class ExpertTurn : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "TurnSince",
                table: "experts",
                type: "INTEGER",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "TurnSince",
                table: "experts");
        }
    }
}
