using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Relais.Common.Hosting;

namespace Relais.Gateway;

/// <summary>
/// The gateway's connections to the other targets, made at the first call. They carry whatever the caller sent, and no
/// credentials of the gateway's own.
/// </summary>
internal sealed class ServiceChannels(ServiceAddresses addresses) : IDisposable
{
    // A page of articles with whole bodies passes gRPC's default of 4 MB.
    private const int LargestAnswerBytes = 64 << 20;

    private readonly ConcurrentDictionary<string, (GrpcChannel Channel, CallInvoker Invoker)> channels = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The configuration has no address for that target.</exception>
    public CallInvoker Of(string target) => channels.GetOrAdd(target, name =>
    {
        var channel = GrpcChannel.ForAddress(addresses.Of(name), new GrpcChannelOptions
        {
            HttpHandler = addresses.CreateHandler(name),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LargestAnswerBytes,
            MaxSendMessageSize = null,
        });
        return (channel, channel.Intercept(addresses.RetriesOf(name)));
    }).Invoker;

    public void Dispose()
    {
        foreach (var (channel, _) in channels.Values)
            channel.Dispose();
    }
}
