using Relais.Common.Failures;

namespace Relais.Common.Data;

/// <summary>Etags: the revision of a row, for callers to give back.</summary>
public static class Etags
{
    /// <summary>The etag of a row, in the quotes of RFC 9110.</summary>
    public static string Of(IVersioned row) => $"\"{row.Revision}\"";

    /// <summary>The failure to answer with when a caller knows an older state; null when they know this one or named none.</summary>
    public static Failure? Check(string given, IVersioned row, string what) =>
        given.Length == 0 || given == "*" || given.Trim('"') == Of(row).Trim('"') ? null : Failure.Stale(what);
}
