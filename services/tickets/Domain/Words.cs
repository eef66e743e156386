namespace Relais.Tickets.Domain;

/// <summary>Where a ticket stands. The names are stored and travel in filters.</summary>
internal enum TicketState
{
    /// <summary>Waits for an expert.</summary>
    Open,

    /// <summary>An expert has it.</summary>
    Assigned,
    Resolved,
}

/// <summary>How soon a ticket wants its answer; <see cref="SlaClock"/> gives each its time.</summary>
internal enum TicketPriority
{
    Low,
    Normal,
    High,
    Urgent,
}

/// <summary>Who said an entry of a thread.</summary>
internal enum ThreadAuthor
{
    Customer,
    Assistant,
    Expert,
    System,
}

/// <summary>What was done to a ticket, for its audit.</summary>
internal enum AuditAction
{
    Opened,
    Assigned,
    Replied,
    Resolved,
    Reopened,
}
