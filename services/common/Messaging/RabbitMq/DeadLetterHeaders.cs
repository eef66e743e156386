using System.Globalization;
using MassTransit;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>Why an event was given up, in the headers of the dead letter.</summary>
internal static class DeadLetterHeaders
{
    public const string Error = "relais-error";
    public const string Consumers = "relais-consumers";
    public const string Attempts = "relais-attempts";
    public const string GivenUpAt = "relais-given-up-at";

    // A header of an AMQP frame; the log has the whole story.
    private const int LongestError = 1_000;

    public static void Set(SendContext context, GivenUpEvent givenUp)
    {
        context.Headers.Set(Error, givenUp.Error.Length <= LongestError ? givenUp.Error : givenUp.Error[..LongestError]);
        context.Headers.Set(Consumers, string.Join(' ', givenUp.Consumers));
        context.Headers.Set(Attempts, givenUp.Attempts.ToString(CultureInfo.InvariantCulture));
        context.Headers.Set(GivenUpAt, givenUp.At.ToString("O", CultureInfo.InvariantCulture));
    }
}
