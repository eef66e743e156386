using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Net.Compression
{
    /// <summary>One message encoding, named as in <c>grpc-encoding</c>.</summary>
    public interface ICompressionProvider
    {
        string EncodingName { get; }

        Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

        Stream CreateDecompressionStream(Stream stream);
    }

    public sealed class GzipCompressionProvider(CompressionLevel defaultCompressionLevel) : ICompressionProvider
    {
        public string EncodingName => "gzip";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
            new GZipStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);

        public Stream CreateDecompressionStream(Stream stream) => new GZipStream(stream, CompressionMode.Decompress);
    }

    /// <summary>The protocol's deflate is the zlib format (RFC 1950).</summary>
    public sealed class DeflateCompressionProvider(CompressionLevel defaultCompressionLevel) : ICompressionProvider
    {
        public string EncodingName => "deflate";

        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
            new ZLibStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);

        public Stream CreateDecompressionStream(Stream stream) => new ZLibStream(stream, CompressionMode.Decompress);
    }
}

namespace Relais.Rpc.Wire
{
    /// <summary>The encodings that one side of a connection understands.</summary>
    internal sealed class Encodings
    {
        public const string Identity = "identity";

        public static readonly ICompressionProvider[] Defaults =
            [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)];

        private readonly Dictionary<string, ICompressionProvider> _providers = new(StringComparer.Ordinal);

        public Encodings(IEnumerable<ICompressionProvider> providers)
        {
            foreach (var provider in providers)
                _providers[provider.EncodingName] = provider;
            AcceptHeader = string.Join(',', [Identity, .. _providers.Keys]);
        }

        /// <summary>Value of <c>grpc-accept-encoding</c>.</summary>
        public string AcceptHeader { get; }

        public ICompressionProvider? Find(string? encoding) =>
            encoding is not null && _providers.TryGetValue(encoding, out var provider) ? provider : null;

        /// <summary>Compresses into a buffer that the caller disposes; its first bytes are room for the prefix.</summary>
        public static PooledBuffer Compress(ICompressionProvider provider, ReadOnlySpan<byte> payload, CompressionLevel? level)
        {
            var target = new PooledBuffer(payload.Length / 2 + 64);
            try
            {
                target.Advance(Frame.PrefixLength);
                using var compression = provider.CreateCompressionStream(new PooledBufferStream(target), level);
                compression.Write(payload);
            }
            catch
            {
                target.Dispose();
                throw;
            }
            return target;
        }

        /// <summary>Decompresses into a buffer that the caller disposes.</summary>
        /// <exception cref="RpcException">Internal: not valid in this encoding. ResourceExhausted: larger than the limit.</exception>
        public static PooledBuffer Decompress(ICompressionProvider provider, in ReadOnlySequence<byte> payload, int? limit)
        {
            var target = new PooledBuffer((int)Math.Min(payload.Length * 4 + 64, 64 * 1024));
            try
            {
                using var source = PipeReader.Create(payload).AsStream();
                using var decompression = provider.CreateDecompressionStream(source);
                int read;
                while ((read = decompression.Read(target.GetSpan(4096))) > 0)
                {
                    target.Advance(read);
                    if (target.Count > limit)
                        throw new RpcException(Frame.TooLargeToReceive);
                }
            }
            catch (Exception failure) when (failure is InvalidDataException or IOException)
            {
                target.Dispose();
                throw new RpcException(new Status(StatusCode.Internal, $"The message is not valid {provider.EncodingName}.", failure));
            }
            catch
            {
                target.Dispose();
                throw;
            }
            return target;
        }
    }
}
