namespace Relais.Identity.Domain;

/// <summary>What a new password must be: long. Length is what counts against guessing (NIST SP 800-63B, 5.1.1).</summary>
internal static class PasswordRule
{
    public const int Shortest = 10;

    /// <summary>Longer ones would only cost work.</summary>
    public const int Longest = 200;

    /// <summary>What is wrong with a password, as the rest of a sentence; null when nothing is.</summary>
    public static string? Problem(string password, string email) => password switch
    {
        { Length: < Shortest } => $"must have at least {Shortest} characters.",
        { Length: > Longest } => $"must have at most {Longest} characters.",
        _ when password.Contains('\0', StringComparison.Ordinal) => "must not contain the NUL character.",
        _ when password.Distinct().Count() < 4 => "must not repeat a few characters only.",
        _ when email.Length > 0 && string.Equals(password, email.Trim(), StringComparison.OrdinalIgnoreCase) => "must not be the e-mail address.",
        _ => null,
    };
}
