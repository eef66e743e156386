using System.Net.Sockets;
using Grpc.Core;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>When a delivery that failed is tried again, and whether the event has anything to do with it.</summary>
internal static class Retries
{
    /// <summary>
    /// Doubles from a tenth of a second to the longest, each with up to a quarter more at random, so that events that
    /// failed together do not come back together.
    /// </summary>
    /// <param name="attempts">Attempts that failed, from 1.</param>
    public static TimeSpan Backoff(int attempts, TimeSpan longest)
    {
        var delay = Math.Min(longest.TotalMilliseconds, 100 * Math.Pow(2, attempts - 1));
        return TimeSpan.FromMilliseconds(delay * (1 + Random.Shared.NextDouble() / 4));
    }

    /// <summary>
    /// Whether something that every event needs was away: a database, another service, the broker. That says nothing
    /// against the event, so it is no attempt toward giving it up.
    /// </summary>
    public static bool IsOutage(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case TransportAwayException or CommitUnconfirmedException or SocketException:
                case RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded }:
                    return true;
            }
        }

        return DatabaseTroubles.Of(failure) == DatabaseTrouble.Away;
    }
}
