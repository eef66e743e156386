using Microsoft.EntityFrameworkCore;

namespace Relais.Common.Data;

/// <summary>Options for contexts that only describe the model: migrations and the drift test. They connect to nothing.</summary>
public static class DesignTime
{
    public static DbContextOptions<TDb> Sqlite<TDb>() where TDb : ServiceDb =>
        new DbContextOptionsBuilder<TDb>().UseSqlite("Data Source=design-time.db").Options;

    public static DbContextOptions<TDb> Postgres<TDb>() where TDb : ServiceDb =>
        new DbContextOptionsBuilder<TDb>().UseNpgsql("Host=design-time").Options;
}
