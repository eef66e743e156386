using System.IO.Compression;
using Grpc.AspNetCore.Server;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Server;

/// <summary>What holds for the calls of one service: its own options over those of all services.</summary>
internal sealed class MethodOptions
{
    public MethodOptions(GrpcServiceOptions all, GrpcServiceOptions service)
    {
        MaxReceive = service.MaxReceiveMessageSizeSpecified ? service.MaxReceiveMessageSize
            : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize : Frame.DefaultReceiveLimit;
        MaxSend = service.MaxSendMessageSizeSpecified ? service.MaxSendMessageSize : all.MaxSendMessageSize;
        DetailedErrors = service.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false;
        ResponseEncoding = service.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm;
        Level = service.ResponseCompressionLevel ?? all.ResponseCompressionLevel;
        Encodings = new Encodings([.. Encodings.Defaults, .. all.CompressionProviders, .. service.CompressionProviders]);
        Interceptors = [.. all.Interceptors, .. service.Interceptors];
        if (ResponseEncoding is not null && ResponseEncoding != Encodings.Identity && Encodings.Find(ResponseEncoding) is null)
            throw new InvalidOperationException($"The configured response compression algorithm '{ResponseEncoding}' does not have a matching compression provider.");
    }

    public int? MaxReceive { get; }

    public int? MaxSend { get; }

    public bool DetailedErrors { get; }

    public string? ResponseEncoding { get; }

    public CompressionLevel? Level { get; }

    public Encodings Encodings { get; }

    public IReadOnlyList<InterceptorRegistration> Interceptors { get; }
}
