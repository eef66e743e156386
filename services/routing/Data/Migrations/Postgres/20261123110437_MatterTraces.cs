using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Routing.Data.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class MatterTraces : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "TraceParent",
                table: "work_items",
                type: "character varying(60)",
                maxLength: 60,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "TraceParent",
                table: "work_items");
        }
    }
}
