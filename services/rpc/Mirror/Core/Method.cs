namespace Grpc.Core;

public enum MethodType
{
    Unary = 0,
    ClientStreaming = 1,
    ServerStreaming = 2,
    DuplexStreaming = 3,
}

/// <summary>A method's name and kind, without its message types.</summary>
public interface IMethod
{
    MethodType Type { get; }

    /// <summary>Full name of the service, with its package.</summary>
    string ServiceName { get; }

    string Name { get; }

    /// <summary>The path on the wire: <c>/service/method</c>.</summary>
    string FullName { get; }
}

/// <summary>A method of a service: its name, kind and how its messages are written and read.</summary>
public class Method<TRequest, TResponse>(
    MethodType type,
    string serviceName,
    string name,
    Marshaller<TRequest> requestMarshaller,
    Marshaller<TResponse> responseMarshaller) : IMethod
{
    public MethodType Type { get; } = type;

    public string ServiceName { get; } = serviceName ?? throw new ArgumentNullException(nameof(serviceName));

    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));

    public Marshaller<TRequest> RequestMarshaller { get; } = requestMarshaller ?? throw new ArgumentNullException(nameof(requestMarshaller));

    public Marshaller<TResponse> ResponseMarshaller { get; } = responseMarshaller ?? throw new ArgumentNullException(nameof(responseMarshaller));

    public string FullName { get; } = "/" + serviceName + "/" + name;
}
