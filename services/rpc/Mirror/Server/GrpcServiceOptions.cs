using System.Collections.ObjectModel;
using System.IO.Compression;
using Grpc.Core.Interceptors;
using Grpc.Net.Compression;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services, or with <see cref="GrpcServiceOptions{TService}"/> of one, whose values win.</summary>
public class GrpcServiceOptions
{
    private int? _maxReceiveMessageSize;
    private int? _maxSendMessageSize;

    public GrpcServiceOptions() { }

    /// <summary>Bytes; 4 MB unless set, null for no limit.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set
        {
            _maxReceiveMessageSize = value;
            MaxReceiveMessageSizeSpecified = true;
        }
    }

    /// <summary>Bytes; no limit unless set.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set
        {
            _maxSendMessageSize = value;
            MaxSendMessageSizeSpecified = true;
        }
    }

    /// <summary>Failures of handlers tell the caller the exception's type and message.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Encoding of responses to callers that accept it; null sends them as they are.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>gzip and deflate unless set.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [];

    public InterceptorCollection Interceptors { get; } = [];

    /// <summary>Unknown services are left to the rest of the application instead of being answered Unimplemented.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    internal bool MaxReceiveMessageSizeSpecified { get; set; }

    internal bool MaxSendMessageSizeSpecified { get; set; }
}

/// <summary>Options of one service.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
    public GrpcServiceOptions() { }
}

/// <summary>Interceptors in the order in which they see a call.</summary>
public class InterceptorCollection : Collection<InterceptorRegistration>
{
    public InterceptorCollection() { }

    /// <summary>The interceptor comes from the container, or is made with the arguments for each call.</summary>
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(typeof(TInterceptor), args);

    /// <inheritdoc cref="Add{TInterceptor}"/>
    public void Add(Type interceptorType, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(interceptorType);
        ArgumentNullException.ThrowIfNull(args);
        if (!interceptorType.IsSubclassOf(typeof(Interceptor)))
            throw new ArgumentException($"Type must be assignable to {nameof(Interceptor)}.", nameof(interceptorType));
        Add(new InterceptorRegistration(interceptorType, args));
    }
}

/// <summary>An interceptor's type and the arguments that the container does not know.</summary>
public class InterceptorRegistration
{
    private ObjectFactory? _factory;

    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        Arguments = arguments;
        ActivatorType = typeof(IGrpcInterceptorActivator<>).MakeGenericType(type);
    }

    public Type Type { get; }

    public IReadOnlyList<object> Arguments { get; }

    internal Type ActivatorType { get; }

    internal Interceptor CreateInstance(IServiceProvider services)
    {
        _factory ??= ActivatorUtilities.CreateFactory(Type, [.. Arguments.Select(argument => argument.GetType())]);
        return (Interceptor)_factory(services, (object[])Arguments);
    }
}
