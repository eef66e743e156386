namespace Relais.Channels.Domain.Assistant;

/// <summary>Why a person takes over, as <c>ExpertRequested</c> names it.</summary>
internal static class HandOverCause
{
    /// <summary>The customer asked for a person.</summary>
    public const string Customer = "customer";

    /// <summary>The assistant could not answer several times in a row.</summary>
    public const string RepeatedFailure = "repeated_failure";

    /// <summary>The customer speaks of something that a person must deal with: danger, threats, legal steps.</summary>
    public const string SensitiveTopic = "sensitive_topic";

    public const string AngryCustomer = "angry_customer";
}
