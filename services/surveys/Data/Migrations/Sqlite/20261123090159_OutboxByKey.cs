using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Relais.Surveys.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class OutboxByKey : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {

        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {

        }
    }
}
