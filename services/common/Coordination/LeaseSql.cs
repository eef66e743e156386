using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;

namespace Relais.Common.Coordination;

/// <summary>The statements of leases, each one step that happens whole or not.</summary>
/// <param name="Acquire">{0} tenant, {1} name, {2} owner, {3} duration and {4} now, in microseconds. Gives the new token, or nothing where it is taken.</param>
/// <param name="Renew">{0} owner, {1} duration, {2} now, {3} which of the owner's, as JSON. Gives the rows of those that still hold.</param>
/// <param name="Release">{0} tenant, {1} name, {2} token, {3} now.</param>
/// <param name="Guard">{0} tenant, {1} name, {2} token. Gives the token while it is the latest, and keeps it so until the transaction ends.</param>
internal sealed record LeaseSql(string Acquire, string Renew, string Release, string Guard)
{
    private static readonly LeaseSql Postgres = new(
        """
        INSERT INTO leases AS mine ("TenantId", "Name", "Token", "Owner", "ExpiresAt")
        VALUES ({0}, {1}, 1, {2}, clock_timestamp() + {3} * interval '1 microsecond')
        ON CONFLICT ("TenantId", "Name") DO UPDATE SET "Token" = mine."Token" + 1, "Owner" = excluded."Owner", "ExpiresAt" = excluded."ExpiresAt"
        WHERE mine."ExpiresAt" <= clock_timestamp()
        RETURNING mine."Token" AS "Value"
        """,
        """
        UPDATE leases SET "ExpiresAt" = clock_timestamp() + {1} * interval '1 microsecond'
        FROM json_to_recordset({3}::json) AS held("TenantId" text, "Name" text, "Token" bigint)
        WHERE leases."TenantId" = held."TenantId" AND leases."Name" = held."Name" AND leases."Token" = held."Token"
          AND leases."Owner" = {0} AND leases."ExpiresAt" > clock_timestamp()
        RETURNING leases.*
        """,
        """UPDATE leases SET "ExpiresAt" = clock_timestamp() WHERE "TenantId" = {0} AND "Name" = {1} AND "Token" = {2}""",
        """SELECT "Token" AS "Value" FROM leases WHERE "TenantId" = {0} AND "Name" = {1} AND "Token" = {2} FOR KEY SHARE""");

    // A write transaction of SQLite is alone: what it has read stays so.
    private static readonly LeaseSql Sqlite = new(
        """
        INSERT INTO leases ("TenantId", "Name", "Token", "Owner", "ExpiresAt")
        VALUES ({0}, {1}, 1, {2}, {4} + CAST({3} AS INTEGER))
        ON CONFLICT ("TenantId", "Name") DO UPDATE SET "Token" = "Token" + 1, "Owner" = excluded."Owner", "ExpiresAt" = excluded."ExpiresAt"
        WHERE "ExpiresAt" <= {4}
        RETURNING "Token" AS "Value"
        """,
        """
        UPDATE leases SET "ExpiresAt" = {2} + CAST({1} AS INTEGER) FROM json_each({3}) AS held
        WHERE leases."TenantId" = held.value ->> 'TenantId' AND leases."Name" = held.value ->> 'Name' AND leases."Token" = held.value ->> 'Token'
          AND leases."Owner" = {0} AND leases."ExpiresAt" > {2}
        RETURNING *
        """,
        """UPDATE leases SET "ExpiresAt" = {3} WHERE "TenantId" = {0} AND "Name" = {1} AND "Token" = {2}""",
        """SELECT "Token" AS "Value" FROM leases WHERE "TenantId" = {0} AND "Name" = {1} AND "Token" = {2}""");

    public static LeaseSql Of(ServiceDb db) => db.Database.IsSqlite() ? Sqlite : Postgres;
}
