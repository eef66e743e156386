namespace Grpc.Core;

/// <summary>Messages that arrive; one reader at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last successful <see cref="MoveNext"/> brought.</summary>
    T Current { get; }

    /// <summary>False at the end of the stream.</summary>
    /// <exception cref="RpcException">On a client: the call ended with another status than OK.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Messages that are sent; one write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Options of the messages that follow; null means the call's.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Completes when the transport took the message, which is how flow control holds the writer.</summary>
    Task WriteAsync(T message);

    Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            throw new NotSupportedException("Cancellation of stream writes is not supported by this writer.");
        return WriteAsync(message);
    }
}

public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Ends the request stream.</summary>
    Task CompleteAsync();
}

public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;

public static class AsyncStreamReaderExtensions
{
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }

    /// <summary>The stream as an asynchronous sequence; it can be read once.</summary>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Read(streamReader, cancellationToken);

        static async IAsyncEnumerable<T> Read(
            IAsyncStreamReader<T> reader,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            while (await reader.MoveNext(token))
                yield return reader.Current;
        }
    }
}

[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in a buffer for the next one.</summary>
    BufferHint = 0x1,

    /// <summary>The message is sent uncompressed although the call is compressed.</summary>
    NoCompress = 0x2,
}

public class WriteOptions(WriteFlags flags = default)
{
    public static readonly WriteOptions Default = new();

    public WriteFlags Flags { get; } = flags;
}
