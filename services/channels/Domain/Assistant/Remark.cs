namespace Relais.Channels.Domain.Assistant;

/// <summary>What a customer's message is, before anything is looked up.</summary>
internal enum Remark
{
    /// <summary>Anything that is none of the others.</summary>
    Question,
    Greeting,
    Thanks,
    Goodbye,

    /// <summary>Says nothing that could be looked up: <c>ok</c>, an emoji.</summary>
    Acknowledgement,

    /// <summary>Asks for a person.</summary>
    WantsPerson,

    /// <summary>Speaks of danger, threats or legal steps.</summary>
    Sensitive,

    Angry,
}
