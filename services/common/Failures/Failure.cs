namespace Relais.Common.Failures;

/// <summary>What sort of failure it is; <see cref="FailureStatus"/> says how each looks from outside.</summary>
public enum FailureKind
{
    /// <summary>The request itself is wrong, whatever the state.</summary>
    Invalid,

    /// <summary>No token, or one that does not count.</summary>
    Unauthenticated,

    /// <summary>The caller is known, but may not do this.</summary>
    Denied,

    NotFound,

    AlreadyExists,

    /// <summary>Somebody changed it meanwhile: read again, then repeat.</summary>
    Stale,

    /// <summary>Right in form, but not in this state.</summary>
    Precondition,

    /// <summary>Too much or too often.</summary>
    Exhausted,

    /// <summary>Something this depends on is away; worth repeating.</summary>
    Unavailable,
}

/// <summary>A field of the request and what is wrong with it.</summary>
/// <param name="Field">As the JSON face names it: lowerCamelCase, with dots and [positions].</param>
public sealed record FieldViolation(string Field, string Message);

/// <summary>An expected failure.</summary>
/// <param name="Code">Stable, for programs: <c>ticket.already_resolved</c>.</param>
/// <param name="Message">A sentence for people that says what to do.</param>
public sealed record Failure(FailureKind Kind, string Code, string Message)
{
    public IReadOnlyList<FieldViolation> Fields { get; init; } = [];

    /// <summary>When repeating has a chance; null where it does not depend on time.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static Failure Invalid(string code, string message, params FieldViolation[] fields) =>
        new(FailureKind.Invalid, code, message) { Fields = fields };

    public static Failure NotFound(string code, string message) => new(FailureKind.NotFound, code, message);

    public static Failure Denied(string code, string message) => new(FailureKind.Denied, code, message);

    public static Failure Precondition(string code, string message) => new(FailureKind.Precondition, code, message);

    public static Failure Stale(string what) =>
        new(FailureKind.Stale, "etag.stale", $"The {what} has changed since you read it. Read it again and repeat with its new etag.");
}
