namespace Relais.Contract.Hosting;

/// <summary>Tests that tell a pause from a wait: they run when no others do.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class Undisturbed
{
    public const string Collection = "Undisturbed";
}
