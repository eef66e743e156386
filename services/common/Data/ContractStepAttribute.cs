namespace Relais.Common.Data;

/// <summary>
/// Marks a migration that takes away what an older version still used, as docs/operations.md allows once no such version
/// runs any more. It stands on a partial declaration beside the generated migration.
/// </summary>
/// <param name="because">Since which version nothing uses it any more.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ContractStepAttribute(string because) : Attribute
{
    public string Because { get; } = because;
}
