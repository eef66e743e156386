using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Routing.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class ExpertTurn : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "TurnSince",
                table: "experts",
                type: "timestamp with time zone",
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
