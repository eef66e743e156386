using System.Net;

namespace Relais.Gateway.GrpcFace;

/// <summary>
/// An answer that ends early, as if its sender had ended it, when the gateway drains: a stream would otherwise be cut off
/// without a word once the drain's time is over.
/// </summary>
internal sealed class DrainableBody(HttpContent inner, CancellationToken draining) : HttpContent
{
    private CancellationToken Draining => draining;

    /// <summary>Whether the answer was ended before its sender did.</summary>
    public bool HasEndedEarly { get; private set; }

    public static DrainableBody Of(HttpContent inner, CancellationToken draining)
    {
        var body = new DrainableBody(inner, draining);
        foreach (var (name, values) in inner.Headers.NonValidated)
            body.Headers.TryAddWithoutValidation(name, values);
        return body;
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new Reading(this, await inner.ReadAsStreamAsync(CancellationToken.None));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException("The body is read, not written.");

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Reading(DrainableBody body, Stream stream) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (body.HasEndedEarly)
                return 0;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, body.Draining);
            try
            {
                return await stream.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException) when (body.Draining.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                body.HasEndedEarly = true;
                return 0;
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
