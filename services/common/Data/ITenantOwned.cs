namespace Relais.Common.Data;

/// <summary>A row that belongs to a tenant, as every row of a service does. Queries see the rows of the scope's tenant alone.</summary>
public interface ITenantOwned
{
    /// <summary>Set when the row is first saved; it never changes.</summary>
    string TenantId { get; set; }
}

/// <summary>A row about the running platform itself. It holds nothing of any tenant, and is written by statements alone.</summary>
public interface ITenantless;

/// <summary>A row that readers may change only while they know its latest state.</summary>
public interface IVersioned
{
    /// <summary>Grows with every change; optimistic concurrency rests on it.</summary>
    int Revision { get; set; }
}
