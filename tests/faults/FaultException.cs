namespace Relais.Faults;

/// <summary>A script itself saw the platform do what it must not do, or did it no harm.</summary>
internal sealed class FaultException(string violation) : Exception(violation);
