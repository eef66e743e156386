namespace Relais.Faults;

/// <summary>A script itself saw the platform do what it must not do.</summary>
internal sealed class FaultException(string violation) : Exception(violation);
